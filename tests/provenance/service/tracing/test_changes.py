"""The text of a verdict, and the differences that count as changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provenance.alerts.results import ResultSummary
from provenance.ingest.clock import at_ms
from provenance.ingest.facts import Blind, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.investigation.verdict import verdict
from provenance.service.tracing.changes import changes
from provenance.store.interface import Direction, Node
from provenance.trace.result import Entry, HostReached, Slice, Trace, TraceEdge, Truncation

T0 = 1_795_490_000_000


def process(id: int, command: str, host: str = "web01", **more: Any) -> Node:
    return Node(id, EntityKind.PROCESS, host, at_ms(T0 + id), {"command": command, "pid": id} | more)


def edge(kind: FlowKind, source: int, target: int, ms: int) -> TraceEdge:
    moment = at_ms(T0 + ms)
    return TraceEdge(f"{kind.name}-{source}-{target}", kind, source, target, moment, moment, 1, ())


def backward(*, entry: bool = True, truncated: Truncation | None = None, blinds: tuple[Blind, ...] = ()) -> Trace:
    """httpd accepts a peer, starts sh (by a copy of itself), which starts nc; the alert is about nc, 90 s later."""
    peer = Node(9, EntityKind.ENDPOINT, "web01", at_ms(T0), {"ip": "203.0.113.5", "port": 4242, "protocol": "tcp"})
    nodes = [peer, process(1, "httpd"), process(2, "httpd", forked=True), process(3, "sh -c x"), process(4, "nc")]
    edges = (
        edge(FlowKind.ACCEPTED, 9, 1, 0),
        edge(FlowKind.SPAWNED, 1, 2, 1),
        edge(FlowKind.EXECUTED, 2, 3, 2),
        edge(FlowKind.SPAWNED, 3, 4, 3),
    )
    bounds = {node.id: at_ms(T0 + 90_000) for node in nodes}
    slice_ = Slice(Direction.BACKWARD, (4,), None, bounds, {node.id: node for node in nodes}, edges, truncated)
    ways = (Entry(1, 9, edges[0].id, at_ms(T0), 0.9, "it came in"),) if entry else ()
    return Trace(slice_, {}, ways, blinds=blinds)


def forward(*hosts: str) -> Trace:
    return Trace(
        Slice(Direction.FORWARD, (1,), None, {}, {}, (), None),
        {},
        hosts=tuple(HostReached(host, at_ms(T0), ()) for host in hosts),
    )


def test_the_verdict_names_way_in_programs_hosts_and_time() -> None:
    assert verdict(backward(), forward("web01", "db01", "files01"), None, {}) == (
        "203.0.113.5 entered through httpd on web01, 1 minute before this alert, ran `sh -c x`, `nc`,"
        " and reached 2 other hosts (db01, files01)."
    )


def test_the_alerts_own_time_counts() -> None:
    text = verdict(backward(), forward("web01"), T0 + 14 * 60_000, {})
    assert text.endswith(", 14 minutes before this alert, ran `sh -c x`, `nc`, and reached no other host.")
    assert ", less than a second before this alert, and ran `sh" in verdict(backward(), None, T0 + 500, {})


@pytest.mark.parametrize("alert_ms", [None, T0 + 90_000])
def test_how_long_before_is_counted_on_a_common_clock(alert_ms: int | None) -> None:
    trace = backward()
    trace.slice.nodes[4] = process(4, "nc", "db01")  # type: ignore[index]
    text = verdict(trace, None, alert_ms, {"db01": -37_000, "web01": 3_000})
    assert ", 50 seconds before this alert, and ran `sh -c x`, `nc`." in text


def test_the_verdict_does_not_put_an_alert_after_a_later_way_in() -> None:
    text = verdict(backward(), None, T0 - 130_000, {})
    assert ", 2 minutes after the time of this alert, and ran `sh -c x`, `nc`." in text


def test_a_process_older_than_the_log_is_no_way_in() -> None:
    trace = backward()
    oldest = replace(trace, entries=(Entry(1, 1, None, at_ms(T0), 0.05, "it has no records of its own"),))
    assert verdict(oldest, None, None, {}).startswith(
        "No way in found: the trace goes back to httpd on web01, which started before its log, and ran `sh -c x`, `nc`."
    )


def test_a_login_names_the_address_the_user_and_the_session() -> None:
    attributes = {"ses": 5, "user": "deploy", "address": "203.0.113.5"}
    session = Node(9, EntityKind.SESSION, "web01", at_ms(T0), attributes)
    trace = backward()
    trace.slice.nodes[9] = session  # type: ignore[index]
    login = edge(FlowKind.LOGGED_IN, 9, 1, 0)
    trace = replace(
        trace,
        slice=replace(trace.slice, edges=(login, *trace.slice.edges[1:])),
        entries=(Entry(1, 9, login.id, at_ms(T0), 0.9, "a login"),),
    )
    assert verdict(trace, None, None, {}) == (
        "203.0.113.5 logged in as deploy (session 5) on web01, 1 minute before this alert, and ran `sh -c x`, `nc`."
    )
    session.attributes.pop("address")  # type: ignore[attr-defined]
    assert verdict(trace, None, None, {}).startswith("A user logged in as deploy (session 5) on web01, ")


def test_the_verdict_says_that_a_peer_was_contacted() -> None:
    trace = backward()
    answer = edge(FlowKind.RECEIVED, 9, 1, 0)
    trace = replace(
        trace,
        slice=replace(trace.slice, edges=(answer, *trace.slice.edges[1:])),
        entries=(Entry(1, 9, answer.id, at_ms(T0), 0.9, "it answered"),),
    )
    assert verdict(trace, None, None, {}).startswith(
        "203.0.113.5 entered through httpd on web01, which had connected to it, 1 minute before this alert, and ran "
    )


def test_the_verdict_without_a_way_in_names_the_limits() -> None:
    cut = Truncation("more than 5 entities", 7, ())
    blind = (Blind("web01", 1, 2, "lost"),)
    assert verdict(backward(entry=False, truncated=cut, blinds=blind), None, None, {}) == (
        "No way in found: nothing in the log leads from outside to this alert. The trace is incomplete: more than 5"
        " entities. The log has 1 blind interval that may hide more."
    )


def test_hostile_names_are_made_visible() -> None:
    trace = backward()
    evil = process(1, "httpd\x1b[2J\u202e" + "x" * 500, "web\n01")
    trace.slice.nodes[1] = evil  # type: ignore[index]
    text = verdict(trace, forward("db\x1b01"), None, {})
    assert text.isprintable() and len(text) < 400


SUMMARY = ResultSummary(
    about=("p1",),
    about_label="nc",
    entry="n1",
    entry_label="203.0.113.5",
    backward=5,
    forward=9,
    hosts=("web01",),
    digest="a",
)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ({}, []),
        ({"digest": "b"}, ["other flows between the same entities"]),
        ({"hosts": ("db01", "web01"), "digest": "b"}, ["1 host added: db01"]),
        ({"hosts": ()}, ["1 host removed"]),
        ({"about": ("p2",), "about_label": "sh"}, ["the alert is now about sh, before about nc"]),
        ({"forward": 12}, ["the forward trace now has 12 entities, before 9"]),
        (
            {"entry": None, "entry_label": None, "backward": 2},
            [
                "the most probable way in is now none, before 203.0.113.5",
                "the backward trace now has 2 entities, before 5",
            ],
        ),
    ],
)
def test_changes_are_listed(new: dict[str, Any], expected: list[str]) -> None:
    assert changes(SUMMARY, replace(SUMMARY, **new)) == expected
    assert changes(None, replace(SUMMARY, **new)) == []


def test_an_older_result_without_anchors_is_compared_in_its_other_parts() -> None:
    stored = {name: value for name, value in SUMMARY.to_json().items() if not name.startswith("about")}
    old = ResultSummary.of(stored)
    assert old.to_json() == stored
    assert changes(old, replace(SUMMARY, forward=12)) == ["the forward trace now has 12 entities, before 9"]
