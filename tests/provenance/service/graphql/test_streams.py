"""Subscriptions over websockets and server-sent events, and that whoever goes away takes the work along."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from provenance.service import tokens
from provenance.service.graphql.limits import Limits
from provenance.service.tokens import Scope
from provenance.store import open_store
from tests.provenance.service.graphql.conftest import OPERATIONS, WAIT_S, Served, serving
from tests.provenance.service.graphql.endless import Endless
from tests.provenance.service.graphql.questions import BACKWARD, SUBMITTED, library_trace

PROTOCOL = Subprotocol("graphql-transport-ws")


def text(name: str) -> str:
    return (OPERATIONS / f"{name}.graphql").read_text("utf-8")


@contextmanager
def socket(served: Served, token: str | None = None) -> Iterator[ClientConnection]:
    """A connection that has said who asks."""
    with connect(served.url.replace("http", "ws"), subprotocols=[PROTOCOL]) as open_socket:
        payload = {"Authorization": f"Bearer {token or served.reader}"}
        open_socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert heard(open_socket)["type"] == "connection_ack"
        yield open_socket


def heard(open_socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(open_socket.recv(timeout=WAIT_S))
    return message


def subscribe(open_socket: ClientConnection, query: str, operation: str = "1", /, **variables: Any) -> None:
    payload = {"query": query, "variables": variables}
    open_socket.send(json.dumps({"id": operation, "type": "subscribe", "payload": payload}))


def test_a_trace_with_its_progress(served: Served) -> None:
    with socket(served) as open_socket:
        subscribe(open_socket, text("trace-progress"), **BACKWARD)
        messages = []
        while (message := heard(open_socket))["type"] == "next":
            messages.append(message["payload"]["data"]["traceProgress"])
        assert message["type"] == "complete"
    expected = library_trace(served.store)
    assert messages[-1]["trace"]["nodeCount"] == len(expected.slice.nodes)
    assert [one["trace"] for one in messages[:-1]] == [None] * (len(messages) - 1)
    assert len(messages) > 1


def test_queries_go_over_a_websocket_too(served: Served) -> None:
    with socket(served) as open_socket:
        subscribe(open_socket, "{ hosts { totalCount } }")
        assert heard(open_socket)["payload"]["data"] == {"hosts": {"totalCount": 1}}
        assert heard(open_socket)["type"] == "complete"


def submit(served: Served, external_id: str) -> str:
    body = SUBMITTED.replace("1001", external_id)
    (submitted,) = served.run("submit-alerts", served.analyst, body=body)["submitAlerts"]
    id: str = submitted["alert"]["id"]
    return id


def test_an_alert_is_followed_until_it_is_done(served: Served) -> None:
    id = submit(served, "3003")
    with socket(served) as open_socket:
        subscribe(open_socket, text("alert-changed"), ids=[id])
        changed: dict[str, Any] = {"state": ""}
        while changed["state"] != "DONE":
            changed = heard(open_socket)["payload"]["data"]["alertChanged"]
            assert changed["id"] == id
        assert changed["verdict"]


def test_new_alerts_are_told(served: Served) -> None:
    submitted, told = set(), None
    with socket(served) as open_socket:
        subscribe(open_socket, text("alert-changed"))
        for number in range(int(WAIT_S)):
            submitted.add(submit(served, f"4{number:03}"))
            try:
                message = json.loads(open_socket.recv(timeout=2))
            except TimeoutError:
                continue
            told = message["payload"]["data"]["alertChanged"]["id"]
            if told in submitted:
                break
    assert told in submitted


@pytest.mark.parametrize("payload", [{}, None, {"Authorization": "Bearer x"}, {"Authorization": 1}, []])
def test_who_says_no_token_is_let_in_nowhere(served: Served, payload: Any) -> None:
    with connect(served.url.replace("http", "ws"), subprotocols=[PROTOCOL]) as open_socket:
        open_socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        with pytest.raises(ConnectionClosed) as closed:
            open_socket.recv(timeout=WAIT_S)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code in {4400, 4403}


def test_nothing_is_answered_before_somebody_said_who_asks(served: Served) -> None:
    with connect(served.url.replace("http", "ws"), subprotocols=[PROTOCOL]) as open_socket:
        subscribe(open_socket, "{ hosts { totalCount } }")
        with pytest.raises(ConnectionClosed):
            open_socket.recv(timeout=WAIT_S)


def test_what_a_subscription_may_not_is_told(served: Served) -> None:
    with socket(served) as open_socket:
        for number, (query, variables, code) in enumerate(
            (
                (text("trace-progress"), {"direction": "BACKWARD", "start": {"command": "nothing"}}, "NOT_FOUND"),
                (text("trace-progress"), {"direction": "BACKWARD", "start": {}}, "BAD_INPUT"),
                (text("alert-changed"), {"ids": ["x"] * 51}, "BAD_INPUT"),
                (text("unpin"), {"id": "x"}, "FORBIDDEN"),
                ("subscription { nothing }", {}, "GRAPHQL_INVALID"),
            )
        ):
            subscribe(open_socket, query, str(number), **variables)
            found = []
            while (message := heard(open_socket))["type"] not in {"complete", "error"}:
                found += message["payload"].get("errors", [])
            found += message.get("payload", [])
            assert [error["extensions"]["code"] for error in found] == [code], (query, found)


def test_server_sent_events(served: Served) -> None:
    headers = {"Authorization": f"Bearer {served.reader}", "Accept": "text/event-stream"}
    body = {"query": text("trace-progress"), "variables": BACKWARD}
    with served.http.stream("POST", served.url, json=body, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in answer.iter_lines() if line.startswith(("event:", "data:"))]
    data = [json.loads(line.removeprefix("data:")) for line in lines if line.startswith("data:") and "{" in line]
    assert data[-1]["data"]["traceProgress"]["trace"]["nodeCount"] > 0
    assert lines[-2:][0].startswith("event: complete") or lines[-1].startswith("event: complete")


def test_a_token_that_is_revoked_asks_nothing_more(served: Served) -> None:
    token = tokens.create(served.store.documents(), [Scope.READ], "test", 1)
    with socket(served, token) as open_socket:
        subscribe(open_socket, "{ hosts { totalCount } }")
        assert heard(open_socket)["payload"]["data"]["hosts"]["totalCount"] == 1
        assert heard(open_socket)["type"] == "complete"
        tokens.revoke(served.store.documents(), token.split("_")[1])
        subscribe(open_socket, "{ hosts { totalCount } }", "2")
        (error,) = heard(open_socket)["payload"]["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"


def test_a_stream_ends_when_its_token_is_revoked(incident: Path) -> None:
    store = open_store(str(incident), create=False)
    limits = Limits(every_seconds=0.05, ask_again_seconds=0.1)
    with serving(store, work=False, limits=limits) as served, socket(served) as open_socket:
        subscribe(open_socket, text("alert-changed"), ids=[submit(served, "8008")])
        message = heard(open_socket)
        assert message["payload"]["data"]["alertChanged"]
        tokens.revoke(store.documents(), served.reader.split("_")[1])
        while "errors" not in message["payload"]:
            message = heard(open_socket)
        assert [error["extensions"]["code"] for error in message["payload"]["errors"]] == ["FORBIDDEN"]
        assert heard(open_socket)["type"] == "complete"
    store.close()


def test_operations_of_a_websocket_count_as_requests(incident: Path) -> None:
    store = open_store(str(incident), create=False)
    with serving(store, work=False, a_minute=6) as served, socket(served) as open_socket:
        codes = []
        for number in range(8):
            subscribe(open_socket, "{ __typename }", str(number))
            message = heard(open_socket)["payload"]
            codes += [error["extensions"]["code"] for error in message.get("errors", ())]
            assert heard(open_socket)["type"] == "complete"
    assert codes
    assert set(codes) == {"TOO_OFTEN"}
    store.close()


@pytest.mark.parametrize("how", ["complete", "close"])
def test_who_goes_away_takes_the_work_along(incident: Path, how: str) -> None:
    store = open_store(str(incident), create=False)
    endless = Endless(store)
    with serving(endless, work=False) as served:
        with socket(served) as open_socket:
            subscribe(open_socket, text("trace-progress"), **BACKWARD)
            while not heard(open_socket)["payload"]["data"]["traceProgress"]["runsSeen"]:
                pass
            assert endless.given > 0
            if how == "complete":
                open_socket.send(json.dumps({"id": "1", "type": "complete"}))
                assert _still(endless)
        assert _still(endless)
    store.close()


def test_who_hangs_up_on_a_query_takes_the_work_along(incident: Path) -> None:
    store = open_store(str(incident), create=False)
    endless = Endless(store)
    with serving(endless, work=False) as served:
        begun = time.monotonic()
        with pytest.raises(httpx.ReadTimeout):
            served.http.post(
                served.url,
                json={"query": text("trace"), "variables": BACKWARD},
                headers={"Authorization": f"Bearer {served.reader}"},
                timeout=httpx.Timeout(WAIT_S, read=1.0),
            )
        assert _still(endless)
        if time.monotonic() - begun > Limits().seconds:
            pytest.skip("too slow here to tell hanging up from running out of time")
    store.close()


def _still(endless: Endless) -> bool:
    """Whether nothing more is asked of a store, before long."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        before = endless.given
        time.sleep(0.3)
        if endless.given == before:
            return True
    return False
