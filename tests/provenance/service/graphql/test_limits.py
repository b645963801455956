"""The limits of operations, requests without permission, and which details of an error leave the service."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from provenance.alerts import dead_letters
from provenance.errors import StoreUnreachable
from provenance.service.app import create_app
from provenance.service.auth import tokens
from provenance.service.auth.tokens import Scope
from provenance.service.graphql.base.limits import Limits
from provenance.service.graphql.guard import sizes
from provenance.service.graphql.routing import Router
from provenance.service.service import Service
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.watched_store import WatchedStore
from provenance.store import open_store
from provenance.store.documents import Document
from provenance.store.interface import HostSummary, Store
from tests.provenance.service.graphql.conftest import OPERATIONS, Served
from tests.provenance.service.graphql.endless import Endless
from tests.provenance.service.graphql.questions import BACKWARD

WIDE = """
query Wide($n: Int) {
  search(where: {}, first: $n) {
    edges { node { flows(first: $n) { edges { node { evidence(first: $n) { edges { node { lines } } } } } } } }
  }
}
"""


def nested(levels: int) -> str:
    inner = "id"
    for _ in range(levels):
        inner = f"... on Process {{ parent {{ {inner} }} }}"
    return f'{{ entity(id: "p0000000000000000") {{ {inner} }} }}'


def test_depth(served: Served) -> None:
    assert served.ask(nested(10)) == {"entity": None}
    assert served.error_of(nested(40))["extensions"] == {"code": "TOO_COSTLY", "most": 16}


def test_aliases(served: Served) -> None:
    many = " ".join(f"a{number}: hosts {{ totalCount }}" for number in range(31))
    assert served.error_of(f"{{ {many} }}")["extensions"]["code"] == "TOO_COSTLY"


def test_tokens(served: Served) -> None:
    error = served.error_of("{ hosts { " + "totalCount " * 2_500 + "} }")
    assert error["extensions"]["code"] == "GRAPHQL_INVALID"
    assert "token" in error["message"]


@pytest.mark.parametrize("given", [{"n": 100}, {}])
def test_cost_is_the_most_that_can_be_fetched(served: Served, given: dict[str, Any]) -> None:
    error = served.error_of(WIDE.replace("$n: Int", "$n: Int = 100"), **given)
    assert error["extensions"]["code"] == "TOO_COSTLY"
    assert "cost" in error["message"]
    assert served.post(WIDE, {"n": 2}).json()["extensions"]["cost"] < 100


def test_fragments_do_not_hide_cost(served: Served) -> None:
    parts = [
        f"fragment F{n} on Flow {{ target {{ flows(first: 9) {{ edges {{ node {{ ...F{n + 1} }} }} }} }} }}"
        for n in range(4)
    ]
    text = "{ search(where: {}) { edges { node { flows { edges { node { ...F0 } } } } } } }"
    error = served.error_of(" ".join([text, *parts, "fragment F4 on Flow { id }"]))
    assert error["extensions"]["code"] == "TOO_COSTLY"


@pytest.mark.parametrize("first", [0, -1, 101, 1_000_000])
def test_pages_have_a_size(served: Served, first: int) -> None:
    assert served.error_of(f"{{ hosts(first: {first}) {{ totalCount }} }}")["extensions"]["code"] in {
        "BAD_INPUT",
        "TOO_COSTLY",
    }


@pytest.mark.parametrize("cursor", ["", "x", "WzFd", "eyJhIjoxfQ", "W1tdXQ", "é", "////", "W251bGxd"])
def test_an_invalid_cursor_is_a_client_error(served: Served, cursor: str) -> None:
    text = "query($after: String) { search(where: {}, after: $after) { totalCount } }"
    assert served.error_of(text, after=cursor)["extensions"]["code"] == "BAD_INPUT"


@pytest.mark.parametrize(
    ("argument", "reason"),
    [
        ('where: {command: "("}', "regular expression"),
        ('where: {command: "(a+)+$"}', ""),
        ('where: {ip: "1.2.3"}', "IP address"),
        ("where: {port: 70000}", "port"),
        ("where: {pid: 99999999999999999999}", "53 bits"),
        ('where: {path: "/a", pathPrefix: "/b"}', "cannot be combined"),
        ('where: {text: ""}', "must not be empty"),
        ('where: {host: "\\\\q"}', "backslash"),
        ('where: {host: "\\\\uD800"}', "surrogate"),
    ],
)
def test_invalid_arguments_are_explained(served: Served, argument: str, reason: str) -> None:
    answer = served.post(f"{{ search({argument}) {{ totalCount }} }}").json()
    if reason:
        (error,) = answer["errors"]
        assert reason in error["message"], error
        assert error["extensions"]["code"] in {"BAD_INPUT", "GRAPHQL_INVALID"}
    else:
        assert "errors" not in answer or answer["errors"][0]["extensions"]["code"] == "BAD_INPUT"


PATTERNS = "query($of: Pattern) { search(where: {command: $of}) { totalCount } }"


@pytest.mark.parametrize(
    ("query", "variables", "reason"),
    [
        (PATTERNS, {"of": ["READ"] * 400_000}, "10000 values"),
        (PATTERNS, {"of": {str(number): 0 for number in range(6_000)}}, "10000 values"),
        (f"{{ __typename }} # {'x' * 200_000}", {}, "100000 characters"),
        (f'{{ node(id: "{"x" * 200_000}") {{ id }} }}', {}, "100000 characters"),
    ],
    ids=["list", "object", "comment", "text"],
)
def test_what_the_event_loop_would_walk_through_has_a_size(
    served: Served, query: str, variables: dict[str, Any], reason: str
) -> None:
    answer = served.post(query, variables)
    assert answer.status_code == 413
    assert reason in answer.text


def test_a_long_text_is_no_number_of_values_and_no_pattern(served: Served) -> None:
    error = served.error_of(PATTERNS, of="a,[{:" * 800_000)
    assert "longer than 4096 characters" in error["message"] and len(error["message"]) < 1_000
    text = "query($host: Text) { search(where: {host: $host}) { totalCount } }"
    assert "longer than 65536 characters" in served.error_of(text, host="\\\\" * 400_000)["message"]


@pytest.mark.parametrize(
    ("body", "many"),
    [(b'"' + b'\\"' * 2_000_000, False), (b'"' + b"\\\\" * 2_000_000 + b"\\", False), (b'",",' * 20_000, True)],
    ids=["quotes", "backslashes", "values"],
)
def test_strings_are_passed_once(body: bytes, many: bool) -> None:
    assert sizes.too_many_values(b"," * 9_000 + body + b"," * 9_000) is many


def test_requests_for_too_much_or_for_nothing(served: Served) -> None:
    ids = [f"p{number:016x}" for number in range(101)]
    assert "too many ids" in served.error_of("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)["message"]
    ends = 'from: "p0000000000000001", to: "p0000000000000002"'
    paths = f"query($n: Int!) {{ paths({ends}, first: $n) {{ paths {{ __typename }} }} }}"
    assert "invalid value 0" in served.error_of(paths, n=0)["message"]
    assert "not in the store" in served.error_of(paths, n=1)["message"]


def test_invalid_ids_and_times(served: Served) -> None:
    for id in ("", "x", "p123", "host:\\q", "READ-x-y", "a/b", "\u0000", "READ-"):
        assert served.error_of("query($id: ID!) { node(id: $id) { id } }", id=id)["extensions"]["code"] == "BAD_INPUT"
    for time in ("yesterday", "2026-11-24T03:28:58", "-1", "9999-01-01T00:00:00Z", True):
        error = served.error_of("query($t: Time) { histogram(since: $t) { count } }", t=time)
        assert error["extensions"]["code"] == "BAD_INPUT"


def test_several_matches_are_listed(served: Served) -> None:
    text = (OPERATIONS / "trace.graphql").read_text("utf-8")
    error = served.error_of(text, direction="BACKWARD", start={"command": "python"})
    assert error["extensions"]["code"] == "AMBIGUOUS"
    assert {"id", "time", "label"} == error["extensions"]["matches"][0].keys()
    nothing = served.error_of(text, direction="BACKWARD", start={"command": "no such program"})
    assert nothing["extensions"]["code"] == "NOT_FOUND"
    budget = served.error_of(text, **BACKWARD, budget={"nodes": 10_000_000})
    assert budget["extensions"]["code"] == "BAD_INPUT"


def test_introspection_is_off_unless_switched_on(served: Served) -> None:
    text = "{ __schema { types { name } } }"
    assert served.error_of(text)["extensions"]["code"] == "FORBIDDEN"
    assert (
        served.error_of('{ ...A } fragment A on Query { __type(name: "Query") { name } }')["extensions"]["code"]
        == "FORBIDDEN"
    )
    assert served.ask("{ __typename }") == {"__typename": "Query"}
    assert "types" in asking(served.store, Limits(introspection=True)).ask(text)["data"]["__schema"]


def test_missing_permissions(served: Served) -> None:
    body = {"query": "{ hosts { totalCount } }"}
    for header in ({}, {"Authorization": "Bearer nothing"}, {"Authorization": served.reader}):
        assert served.http.post(served.url, json=body, headers=header).status_code == 401
    alone = tokens.create(served.store.documents(), [Scope.ALERT], "test", 1)
    assert served.post("{ hosts { totalCount } }", token=alone).status_code == 403
    for name, given in (
        ("pin", {"id": "p0000000000000000", "comment": "x"}),
        ("unpin", {"id": "p0000000000000000"}),
        ("submit-alerts", {"body": "{}"}),
        ("retry-alert", {"id": "a" * 33}),
        ("triage-alert", {"id": "a" * 33, "changeTo": {}}),
    ):
        error = served.error_of((OPERATIONS / f"{name}.graphql").read_text("utf-8"), **given)
        assert error["extensions"]["code"] == "FORBIDDEN"


def letters(served: Served) -> Sequence[Document]:
    return served.store.documents().page(dead_letters.KIND)


def test_rejected_mutations_have_a_reason(served: Served) -> None:
    submit = (OPERATIONS / "submit-alerts.graphql").read_text("utf-8")
    for body in ("", "{}", "no alert", '{"source": 1}'):
        assert served.error_of(submit, served.analyst, body=body)["extensions"]["code"] == "BAD_INPUT"
    mixed = served.error_of(submit, served.analyst, body='{"source": "s", "id": "1", "title": "t"}\n{broken\n')
    (alert,), (letter,) = mixed["extensions"]["alerts"], mixed["extensions"]["deadLetters"]
    assert served.ask("query($id: ID!) { alert(id: $id) { title } }", id=alert)["alert"]["title"] == "t"
    (stored,) = served.store.documents().get_many([(dead_letters.KIND, letter)])
    assert stored is not None and stored.body["original"].strip() == "{broken"
    many = "\n".join(f'{{"source": "s", "id": "many-{number}", "title": "t"}}' for number in range(101))
    assert "at most 100" in served.error_of(submit, served.analyst, body=many + "\n{broken too")["message"]
    assert all(letter.body["original"].strip() != "{broken too" for letter in letters(served))
    triage = (OPERATIONS / "triage-alert.graphql").read_text("utf-8")
    assert served.error_of(triage, served.analyst, id="x", changeTo={})["extensions"]["code"] == "NOT_FOUND"
    pin = (OPERATIONS / "pin.graphql").read_text("utf-8")
    for id, comment, code in (("p0000000000000000", "x", "NOT_FOUND"), ("x", "x", "BAD_INPUT")):
        assert served.error_of(pin, served.analyst, id=id, comment=comment)["extensions"]["code"] == code


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"1", b"null", b'"x"', b"[{}]", b"{}", b'{"query": 1}', b'{"query": null}', b"\xff\xfe"),
        *(b'{"query": "{a}", "variables": []}', b'{"query": "{a}", "operationName": 1}', b"[" * 100_000),
        b'{"query": "query A {__typename} query B {__typename}"}',
        b'{"query": "query A {__typename}", "operationName": "B"}',
    ],
)
def test_an_invalid_body_is_a_client_error(served: Served, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {served.reader}", "Content-Type": "application/json"}
    answer = served.http.post(served.url, content=body, headers=headers)
    if answer.status_code == 200:
        assert answer.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_INVALID"
    else:
        assert 400 <= answer.status_code < 500


def test_only_by_post(served: Served) -> None:
    headers = {"Authorization": f"Bearer {served.reader}"}
    assert served.http.get(served.url, params={"query": "{ __typename }"}, headers=headers).status_code in {400, 405}
    assert served.http.get(served.url, headers=headers | {"Accept": "text/html"}).status_code in {400, 404, 405}


class Asking:
    """A service in this process, over a store and with limits of a test's own."""

    def __init__(self, router: Router, client: TestClient, token: str) -> None:
        self.router, self._client, self._token = router, client, token

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = self._client.post("/own", json={"query": query, "variables": variables}, headers=headers)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found


def asking(store: Store, limits: Limits) -> Asking:
    service = Service(store)
    router = Router(service, limits)
    app = create_app(service)
    app.include_router(router, prefix="/own")
    token = tokens.create(store.documents(), [Scope.READ], "test", 1)
    return Asking(router, TestClient(app, raise_server_exceptions=False), token)


def test_an_operation_stops_at_its_time_limit(incident: Path) -> None:
    store = open_store(str(incident), create=False)
    endless = Endless(store)
    own = asking(endless, Limits(seconds=3.0, workers=1))
    (error,) = own.ask((OPERATIONS / "trace.graphql").read_text("utf-8"), **BACKWARD)["errors"]
    assert error["extensions"]["code"] == "OUT_OF_TIME"
    assert own.router.engine.threads.submit("test", lambda: "free").result(timeout=60) == "free", (
        "the one thread is free again"
    )
    assert endless.given > 0
    store.close()


class Broken(WatchedStore):
    """A store with a mistake in it."""

    def hosts(self) -> Sequence[HostSummary]:
        raise RuntimeError("secret /var/lib/place")


def test_internal_errors_are_masked_and_logged(incident: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = open_store(str(incident), create=False)
    own = asking(Broken(store, Brake(None)), Limits())
    with caplog.at_level(logging.ERROR, "provenance.graphql"):
        answer = own.ask("{ hosts { totalCount } statistics { bytes } }")
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "INTERNAL"}
    assert "secret" not in str(answer)
    assert "secret" in caplog.text
    store.close()


class Gone(WatchedStore):
    """A store that can no longer be reached."""

    def hosts(self) -> Sequence[HostSummary]:
        raise StoreUnreachable("/var/lib/place cannot be opened")


def test_an_unavailable_store_is_reported_without_its_address(incident: Path) -> None:
    store = open_store(str(incident), create=False)
    own = asking(Gone(store, Brake(None)), Limits(workers=1))
    answer = own.ask("{ hosts { totalCount } }")
    assert answer["errors"][0]["extensions"] == {"code": "STORE_UNAVAILABLE"}
    assert "place" not in str(answer)
    store.close()
