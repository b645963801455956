"""Subscriptions over websockets and server-sent events; their work ends when the client disconnects."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from provenance.ingest.identity import format_id
from provenance.service.auth import tokens
from provenance.service.auth.tokens import Scope
from provenance.service.graphql.base.limits import Limits
from provenance.service.tracing.wire import PART_SIZE
from provenance.store import open_store
from tests.conftest import ROOT
from tests.provenance.service.graphql.conftest import OPERATIONS, WAIT_S, Served, serving
from tests.provenance.service.graphql.endless import Endless
from tests.provenance.service.graphql.questions import BACKWARD, SUBMITTED, library_trace

LOG = ROOT / "tests" / "recordings" / "jobs" / "shop01.log.xz"
COMPLETE = {"id": "1", "type": "complete"}
PROTOCOL = Subprotocol("graphql-transport-ws")


def text(name: str) -> str:
    return (OPERATIONS / f"{name}.graphql").read_text("utf-8")


@contextmanager
def socket(served: Served, token: str | None = None) -> Iterator[ClientConnection]:
    """A connection that has sent its token."""
    with connect(served.url.replace("http", "ws"), subprotocols=[PROTOCOL]) as open_socket:
        payload = {"Authorization": f"Bearer {token or served.reader}"}
        open_socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert receive(open_socket)["type"] == "connection_ack"
        yield open_socket


def receive(open_socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(open_socket.recv(timeout=WAIT_S))
    return message


def subscribe(open_socket: ClientConnection, query: str, operation: str = "1", /, **variables: Any) -> None:
    payload = {"query": query, "variables": variables}
    open_socket.send(json.dumps({"id": operation, "type": "subscribe", "payload": payload}))


def test_a_trace_with_its_progress(served: Served) -> None:
    with socket(served) as open_socket:
        subscribe(open_socket, text("trace-progress"), **BACKWARD)
        messages = []
        while (message := receive(open_socket))["type"] == "next":
            messages.append(message["payload"]["data"]["traceProgress"])
        assert message["type"] == "complete"
    expected = library_trace(served.store)
    assert messages[-1]["trace"]["nodeCount"] == len(expected.slice.nodes)
    assert [one["trace"] for one in messages[:-1]] == [None] * (len(messages) - 1)
    assert len(messages) > 1
    path = messages[-1]["bestPath"]
    assert path[0]["source"]["id"] in {
        format_id(expected.slice.nodes[one.node].kind, one.node) for one in expected.entries
    }
    assert all(before["target"]["id"] == after["source"]["id"] for before, after in pairwise(path))


def test_queries_go_over_a_websocket_too(served: Served) -> None:
    with socket(served) as open_socket:
        subscribe(open_socket, "{ hosts { totalCount } }")
        assert receive(open_socket)["payload"]["data"] == {"hosts": {"totalCount": 1}}
        assert receive(open_socket)["type"] == "complete"


def subscription(**payload: Any) -> str:
    return json.dumps({"id": "1", "type": "subscribe", "payload": payload})


NO_MESSAGES = [
    "no json",
    "[]",
    "null",
    "[" * 100_000,
    "1" * 5_000,
    '{"type": 7}',
    '{"type": "subscribe", "id": "1"}',
    '{"type": "subscribe", "id": [], "payload": {"query": "{ __typename }"}}',
    '{"type": "complete", "id": {}}',
    subscription(query=3),
    subscription(query="{ __typename }", variables=[1]),
    subscription(query="{ __typename }", operationName=7),
    subscription(query="{ __typename }", variables={"of": [1] * 20_000}),
    subscription(query=f"{{ __typename }} # {'x' * 200_000}"),
]


@pytest.mark.parametrize("sent", NO_MESSAGES, ids=lambda sent: sent[:60])
def test_an_invalid_message_closes_the_websocket_with_a_client_error(served: Served, sent: str) -> None:
    with socket(served) as open_socket:
        open_socket.send(sent)
        with pytest.raises(ConnectionClosed) as closed:
            open_socket.recv(timeout=WAIT_S)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4400


def test_a_subscription_over_plain_http_gets_advice(served: Served) -> None:
    error = served.error_of(text("ingest-progress"))
    assert error["extensions"]["code"] == "BAD_INPUT"
    assert "text/event-stream" in error["message"]


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
            changed = receive(open_socket)["payload"]["data"]["alertChanged"]
            assert changed["id"] == id
        assert changed["verdict"]


def test_new_alerts_are_sent_to_subscribers(served: Served) -> None:
    submitted, alert_id = set(), None
    with socket(served) as open_socket:
        subscribe(open_socket, text("alert-changed"))
        for number in range(int(WAIT_S)):
            submitted.add(submit(served, f"4{number:03}"))
            try:
                message = json.loads(open_socket.recv(timeout=2))
            except TimeoutError:
                continue
            alert_id = message["payload"]["data"]["alertChanged"]["id"]
            if alert_id in submitted:
                break
    assert alert_id in submitted


@pytest.mark.parametrize("payload", [{}, None, {"Authorization": "Bearer x"}, {"Authorization": 1}, []])
def test_a_websocket_without_a_token_is_rejected(served: Served, payload: Any) -> None:
    with connect(served.url.replace("http", "ws"), subprotocols=[PROTOCOL]) as open_socket:
        open_socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        with pytest.raises(ConnectionClosed) as closed:
            open_socket.recv(timeout=WAIT_S)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code in {4400, 4403}


def test_no_operation_runs_before_the_token_is_sent(served: Served) -> None:
    with connect(served.url.replace("http", "ws"), subprotocols=[PROTOCOL]) as open_socket:
        subscribe(open_socket, "{ hosts { totalCount } }")
        with pytest.raises(ConnectionClosed):
            open_socket.recv(timeout=WAIT_S)


def test_a_subscription_without_permission_gets_an_error(served: Served) -> None:
    requests: list[tuple[str, dict[str, Any], str]] = [
        (text("trace-progress"), {"direction": "BACKWARD", "start": {"command": "nothing"}}, "NOT_FOUND"),
        (text("trace-progress"), {"direction": "BACKWARD", "start": {}}, "BAD_INPUT"),
        (text("alert-changed"), {"ids": ["x"] * 51}, "BAD_INPUT"),
        (text("unpin"), {"id": "x"}, "FORBIDDEN"),
        ("subscription { nothing }", {}, "GRAPHQL_INVALID"),
    ]
    with socket(served) as open_socket:
        for number, (query, variables, code) in enumerate(requests):
            subscribe(open_socket, query, str(number), **variables)
            found = []
            while (message := receive(open_socket))["type"] not in {"complete", "error"}:
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


@contextmanager
def events(served: Served, query: str, **variables: Any) -> Iterator[Iterator[dict[str, Any]]]:
    """The data of server-sent events as they come."""
    headers = {"Authorization": f"Bearer {served.reader}", "Accept": "text/event-stream"}
    body = {"query": query, "variables": variables}
    with httpx.stream("POST", served.url, json=body, headers=headers, timeout=WAIT_S) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield (json.loads(line[5:])["data"] for line in answer.iter_lines() if line.startswith("data:") and "{" in line)


@contextmanager
def messages_of(served: Served, how: str, name: str, **variables: Any) -> Iterator[Iterator[dict[str, Any]]]:
    """The data of a published subscription, over the one protocol or the other."""
    if how == "events":
        with events(served, text(name), **variables) as messages:
            yield messages
    else:
        with socket(served) as open_socket:
            subscribe(open_socket, text(name), **variables)
            yield (receive(open_socket)["payload"]["data"] for _ in range(1_000_000))


@contextmanager
def again_and_again(act: Callable[[], object]) -> Iterator[None]:
    """Does something every so often, until it was noticed."""
    noticed = threading.Event()

    def keep_on() -> None:
        while not noticed.wait(0.5):
            act()

    acting = threading.Thread(target=keep_on)
    acting.start()
    try:
        yield
    finally:
        noticed.set()
        acting.join()


BOTH = pytest.mark.parametrize("how", ["socket", "events"])


@BOTH
def test_state_changes_of_an_alert_are_sent_to_subscribers(served: Served, how: str) -> None:
    id = submit(served, f"31{len(how)}")
    with messages_of(served, how, "alert-changed", ids=[id]) as messages:
        changed = next(one["alertChanged"] for one in messages if one["alertChanged"]["state"] == "DONE")
    assert changed["id"] == id
    assert changed["verdict"]


@BOTH
def test_changes_of_an_incident_are_sent_to_subscribers(served: Served, how: str) -> None:
    id, incident = submit(served, f"32{len(how)}"), None
    until = time.monotonic() + WAIT_S
    while incident is None and time.monotonic() < until:
        incident = served.run("alert", id=id)["alert"]["incidentId"]
        time.sleep(0.1)

    def note() -> None:
        served.run("note-incident", served.analyst, id=incident, note="looked at")

    with messages_of(served, how, "incident-changed") as messages, again_and_again(note):
        assert incident in (one["incidentChanged"]["id"] for one in messages)


@BOTH
def test_progress_of_another_process_ingest_is_sent(tmp_path: Path, how: str) -> None:
    path = tmp_path / "graph.db"
    store = open_store(str(path))
    with store.writer():
        assert list(store.hosts()) == []
    command = [sys.executable, "-m", "provenance", "ingest", "--store", str(path), str(LOG)]
    with serving(store, work=False, limits=Limits(poll_seconds=0.05)) as served:
        with messages_of(served, how, "ingest-progress", host="shop01") as messages:
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=WAIT_S * 5)
            first = next(messages)["ingestProgress"]
            assert (first["host"]["name"], first["newEvents"]) == ("shop01", 0)
            known = first["events"]
            while known < store.hosts()[0].tallies["events"]:
                more = next(messages)["ingestProgress"]
                known += more["newEvents"]
                assert known == more["events"]
        assert served.run("hosts")["hosts"]["edges"]
    store.close()


def test_operations_with_a_revoked_token_are_rejected(served: Served) -> None:
    token = tokens.create(served.store.documents(), [Scope.READ], "test", 1)
    with socket(served, token) as open_socket:
        subscribe(open_socket, "{ hosts { totalCount } }")
        assert receive(open_socket)["payload"]["data"]["hosts"]["totalCount"] == 1
        assert receive(open_socket)["type"] == "complete"
        tokens.revoke(served.store.documents(), token.split("_")[1])
        subscribe(open_socket, "{ hosts { totalCount } }", "2")
        (error,) = receive(open_socket)["payload"]["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"


def test_a_stream_ends_when_its_token_is_revoked(incident: Path) -> None:
    store = open_store(str(incident), create=False)
    limits = Limits(poll_seconds=0.05, token_check_seconds=0.1)
    with serving(store, work=False, limits=limits) as served, socket(served) as open_socket:
        subscribe(open_socket, text("alert-changed"), ids=[submit(served, "8008")])
        message = receive(open_socket)
        assert message["payload"]["data"]["alertChanged"]
        tokens.revoke(store.documents(), served.reader.split("_")[1])
        while "errors" not in message["payload"]:
            message = receive(open_socket)
        assert [error["extensions"]["code"] for error in message["payload"]["errors"]] == ["FORBIDDEN"]
        assert receive(open_socket)["type"] == "complete"
    store.close()


def test_operations_of_a_websocket_count_as_requests(incident: Path) -> None:
    store = open_store(str(incident), create=False)
    with serving(store, work=False, a_minute=6) as served, socket(served) as open_socket:
        codes = []
        for number in range(8):
            subscribe(open_socket, "{ __typename }", str(number))
            message = receive(open_socket)["payload"]
            codes += [error["extensions"]["code"] for error in message.get("errors", ())]
            assert receive(open_socket)["type"] == "complete"
    assert codes
    assert set(codes) == {"TOO_OFTEN"}
    store.close()


def in_pieces(messages: Iterable[dict[str, Any]]) -> tuple[list[str], list[str], dict[str, Any]]:
    """The ids of the entities and flows that were sent, and the trace of the last message."""
    nodes: list[str] = []
    flows: list[str] = []
    for message in messages:
        nodes += (node["entity"]["id"] for node in message["nodes"])
        flows += (flow["id"] for flow in message["flows"])
        assert max(len(message["nodes"]), len(message["flows"])) <= PART_SIZE
        if message["trace"] is not None:
            return nodes, flows, message["trace"]
    raise AssertionError("there was no last message")


@BOTH
def test_a_started_trace_is_followed_to_its_end(served: Served, how: str) -> None:
    budget = {"nodes": 20}
    id = served.run("start-trace", served.analyst, **BACKWARD, budget=budget)["startTrace"]
    for _ in range(2):
        with messages_of(served, how, "started-trace", id=id) as messages:
            last = next(one["startedTrace"] for one in messages if one["startedTrace"]["trace"])
        assert last["trace"]["nodeCount"] == 20
        assert last["trace"]["truncated"]
    assert served.run("stop-trace", served.analyst, id=id) == {"stopTrace": False}
    error = served.error_of(text("start-trace"), **BACKWARD)
    assert error["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("name", ["startedTrace", "traceProgress"])
def test_a_trace_is_sent_in_parts(served: Served, name: str) -> None:
    expected = library_trace(served.store)
    variables: dict[str, Any] = BACKWARD
    if name == "startedTrace":
        variables = {"id": served.run("start-trace", served.analyst, **BACKWARD)["startTrace"]}
    operation = {"startedTrace": "started-trace", "traceProgress": "trace-progress"}[name]
    with messages_of(served, "events", operation, **variables) as messages:
        nodes, flows, summary = in_pieces(one[name] for one in messages)
    assert (summary["nodeCount"], summary["flowCount"]) == (len(nodes), len(flows))
    slice_ = expected.slice
    in_time = sorted(slice_.nodes.values(), key=lambda node: (node.first, node.id))
    assert nodes == [format_id(node.kind, node.id) for node in in_time]
    assert flows == [edge.id for edge in slice_.edges]
    assert len(flows) > PART_SIZE


def test_parts_of_a_trace_are_sent_only_if_requested(served: Served) -> None:
    query = "subscription ($d: Direction!, $s: SelectionInput!) { traceProgress(direction: $d, start: $s) { ...Told } }"
    fragment = "fragment Told on TraceProgress { runsSeen trace { nodeCount } }"
    with socket(served) as open_socket:
        subscribe(open_socket, f"{query} {fragment}", d="BACKWARD", s=BACKWARD["start"])
        messages = [one["payload"]["data"]["traceProgress"] for one in iter(lambda: receive(open_socket), COMPLETE)]
    after_it_was_traced = [one for one in messages if one["runsSeen"] == messages[-1]["runsSeen"]]
    assert len(after_it_was_traced) <= 2


@pytest.mark.parametrize(
    ("start", "code"),
    [({"command": "nothing"}, "NOT_FOUND"), ({}, "BAD_INPUT"), ({"host": "web01"}, "AMBIGUOUS")],
)
def test_a_failed_started_trace_has_a_reason(served: Served, start: dict[str, Any], code: str) -> None:
    id = served.run("start-trace", served.analyst, direction="BACKWARD", start=start)["startTrace"]
    with socket(served) as open_socket:
        subscribe(open_socket, text("started-trace"), id=id)
        while "errors" not in (message := receive(open_socket)["payload"]):
            pass
    (error,) = message["errors"]
    assert error["extensions"]["code"] == code
    assert ("matches" in error["extensions"]) == (code == "AMBIGUOUS")


def test_an_unknown_started_trace_is_not_found(served: Served) -> None:
    with socket(served) as open_socket:
        for number, id in enumerate(("trace:none", "trace:0123456789abcdef", "\udcff", "")):
            subscribe(open_socket, text("started-trace"), str(number), id=id)
            (error,) = receive(open_socket)["payload"]["errors"]
            assert error["extensions"]["code"] == "NOT_FOUND"
            assert receive(open_socket)["type"] == "complete"
            assert served.run("stop-trace", served.analyst, id=id) == {"stopTrace": False}


def test_a_stopped_started_trace_makes_no_more_store_calls(filled: Path, tmp_path: Path) -> None:
    store = open_store(str(shutil.copy(filled, tmp_path)), create=False)
    endless = Endless(store)
    with serving(endless) as served:
        id = served.run("start-trace", served.analyst, **BACKWARD)["startTrace"]
        with messages_of(served, "socket", "started-trace", id=id) as messages:
            assert next(one for one in messages if one["startedTrace"]["runsSeen"])
        before = endless.given
        with messages_of(served, "events", "started-trace", id=id) as messages:
            assert next(one for one in messages if one["startedTrace"]["runsSeen"] > before), "it runs on by itself"
        assert served.run("stop-trace", served.analyst, id=id) == {"stopTrace": True}
        assert _still(endless)
        with socket(served) as open_socket:
            subscribe(open_socket, text("started-trace"), id=id)
            (error,) = receive(open_socket)["payload"]["errors"]
            assert "stopped" in error["message"]
    store.close()


def test_a_started_trace_continues_after_a_restart_of_the_service(filled: Path, tmp_path: Path) -> None:
    store = open_store(str(shutil.copy(filled, tmp_path)), create=False)
    endless = Endless(store)
    with serving(endless) as served:
        id = served.run("start-trace", served.analyst, **BACKWARD)["startTrace"]
        with messages_of(served, "events", "started-trace", id=id) as messages:
            assert next(one for one in messages if one["startedTrace"]["runsSeen"])
    assert _still(endless), "a stop takes the work along"
    with serving(store) as served, messages_of(served, "events", "started-trace", id=id) as messages:
        _, _, summary = in_pieces(one["startedTrace"] for one in messages)
    assert summary["nodeCount"] == len(library_trace(store).slice.nodes)
    store.close()


@pytest.mark.parametrize("how", ["complete", "close"])
def test_work_ends_when_the_subscriber_disconnects(incident: Path, how: str) -> None:
    store = open_store(str(incident), create=False)
    endless = Endless(store)
    with serving(endless, work=False) as served:
        with socket(served) as open_socket:
            subscribe(open_socket, text("trace-progress"), **BACKWARD)
            while not receive(open_socket)["payload"]["data"]["traceProgress"]["runsSeen"]:
                pass
            assert endless.given > 0
            if how == "complete":
                open_socket.send(json.dumps({"id": "1", "type": "complete"}))
                assert _still(endless)
        assert _still(endless)
    store.close()


@pytest.mark.parametrize(("name", "variables"), [("trace", BACKWARD), ("hunt", {"hunt": "rare_parents"})])
def test_work_ends_when_the_client_of_a_query_disconnects(incident: Path, name: str, variables: dict[str, Any]) -> None:
    store = open_store(str(incident), create=False)
    endless = Endless(store)
    with serving(endless, work=False) as served:
        begun = time.monotonic()
        with pytest.raises(httpx.ReadTimeout):
            served.http.post(
                served.url,
                json={"query": text(name), "variables": variables},
                headers={"Authorization": f"Bearer {served.reader}"},
                timeout=httpx.Timeout(WAIT_S, read=1.0),
            )
        assert endless.given > 0 and _still(endless)
        if time.monotonic() - begun > Limits().seconds:
            pytest.skip("too slow here to tell hanging up from running out of time")
    store.close()


def _still(endless: Endless) -> bool:
    """Whether calls of a store end soon."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        before = endless.given
        time.sleep(0.3)
        if endless.given == before:
            return True
    return False
