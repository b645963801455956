"""Accounts and commands that the records of both hosts name: each with the sign, and without."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.fleet import JoinResult, Request, Signs, Visit, join
from provenance.fleet.signs import MOST, Comparison
from provenance.ingest.facts import Connection
from provenance.store.hosts import GivenAddress, GivenHost, Origin
from tests.provenance.fleet.test_clocks_apart import CLIENT, SERVER, accepts, connects, pairs

COMMAND = "cat /srv/cards.csv > /tmp/.c"
HOSTS = {"a": (), "b": ()}


def ends_of(times: list[int], offset: int = 0) -> list[Connection]:
    """Connections by a process each."""
    opened = [end._replace(process=1000 + number) for number, end in enumerate(connects(times))]
    return [*opened, *accepts([ms + 4 for ms in times], offset)]


def signs(*both: tuple[Request | None, Visit | None]) -> Signs:
    """The signs of the connections of `ends_of`, in their order."""
    requests = {1000 + number: request for number, (request, _) in enumerate(both) if request is not None}
    return Signs(requests, {200 + number: visit for number, (_, visit) in enumerate(both) if visit is not None})


def confidence(joined: JoinResult) -> float:
    return max((float(flow.detail["confidence"]) for flow in joined.flows if flow.detail), default=0.0)


@pytest.mark.parametrize(
    ("request_", "visit", "expected"),
    [
        (None, None, 0.3),
        (Request("deploy", None), Visit("deploy"), 0.632),
        (Request("deploy", COMMAND), Visit("deploy", COMMAND), 0.95),
        (Request(None, COMMAND), Visit("deploy", COMMAND), 0.928),
        (Request(None, "uptime"), Visit("deploy", "uptime"), 0.682),
        (Request("Deploy@corp.example", None), Visit("CORP\\deploy"), 0.632),
        (Request("deploy", None), Visit("dba"), 0.008),
        (Request(None, COMMAND), Visit(None, "rrsync /srv"), 0.097),
        (Request("deploy", COMMAND), Visit(None, None, "SHA256:x"), 0.3),
        (Request("deploy", COMMAND), None, 0.3),
    ],
)
def test_signs_change_the_confidence_of_a_single_connection(
    request_: Request | None, visit: Visit | None, expected: float
) -> None:
    joined = join(ends_of([0]), HOSTS, signs=signs((request_, visit)))
    assert pairs(joined) == {(100, 200)} and confidence(joined) == pytest.approx(expected, abs=0.001)


def test_a_join_names_its_evidence() -> None:
    both = Request("deploy", COMMAND), Visit("deploy", COMMAND)
    for flow in join(ends_of([0]), HOSTS, signs=signs(both)).flows:
        assert flow.detail is not None
        assert flow.detail["evidence"] == ["account deploy", f"command {COMMAND}"]
        assert flow.detail["reason"].endswith("; the same account and command on both hosts")
    for flow in join(ends_of([0]), HOSTS).flows:
        assert flow.detail is not None and "evidence" not in flow.detail


def test_another_account_contradicts_known_addresses() -> None:
    known = {"a": (CLIENT,), "b": (SERVER,)}
    assert confidence(join(ends_of([0]), known)) == 0.95
    joined = join(ends_of([0]), known, signs=signs((Request("deploy", None), Visit("dba"))))
    assert confidence(joined) < 0.5
    assert all("account deploy was requested, dba was logged in to" in str(flow.detail) for flow in joined.flows)


@pytest.mark.parametrize("offset", [93_250, -93_250, 3_600_000])
def test_one_connection_with_distant_clocks_is_joined_by_its_command(offset: int) -> None:
    ends = ends_of([0], offset)
    assert join(ends, HOSTS).flows == []
    both = signs((Request("deploy", COMMAND), Visit("deploy", COMMAND)))
    joined = join(ends, HOSTS, signs=both)
    assert pairs(joined) == {(100, 200)} and 0.5 < confidence(joined) < 0.6
    assert abs(joined.skew_ms["a"] - joined.skew_ms["b"] - offset) <= 8
    assert [(one.ip, one.origin) for one in joined.found["b"].addresses] == [(SERVER, Origin.GUESSED)]
    without_account = signs((Request(None, COMMAND), Visit("deploy", COMMAND)))
    assert confidence(join(ends, HOSTS, signs=without_account)) < 0.3


def test_commands_that_show_the_same_offset_confirm_each_other() -> None:
    """The two are within a second, so their pause says nothing."""
    ends = ends_of([0, 60], 93_250)
    assert join(ends, HOSTS).flows == []
    commands = (f"{COMMAND}; id", f"{COMMAND}; ls")
    both = signs(*((Request("deploy", command), Visit("deploy", command)) for command in commands))
    joined = join(ends, HOSTS, signs=both)
    assert pairs(joined) == {(100, 200), (101, 201)} and confidence(joined) == MOST


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Request("deploy", "uptime"), Visit("deploy", "uptime")),
        (Request("deploy", COMMAND), Visit("dba", COMMAND)),
        (Request("deploy", COMMAND), Visit("deploy", None)),
    ],
)
def test_a_short_or_a_contradicted_command_shows_no_clock(first: Request, second: Visit) -> None:
    assert join(ends_of([0], 93_250), HOSTS, signs=signs((first, second))).flows == []


def test_a_command_that_is_run_often_identifies_no_connection() -> None:
    both = Request("deploy", COMMAND), Visit("deploy", COMMAND)
    assert join(ends_of([0, 60], 93_250), HOSTS, signs=signs(both, both)).flows == []


def test_clocks_that_other_connections_show_are_not_moved_by_a_command() -> None:
    """A job runs each hour, and the one log begins when the other ends."""
    times = [0, 7_000, 19_400, 60_000, 61_500, 150_000]
    late = connects([3_600_000])[0]._replace(process=999, endpoint=150)
    early = accepts([4], 0)[0]._replace(endpoint=250)
    ends = [*ends_of(times), late, early]
    visits = {250: Visit("deploy", COMMAND)}
    joined = join(ends, HOSTS, signs=Signs({999: Request("deploy", COMMAND)}, visits))
    assert (150, 250) not in pairs(joined) and joined.skew_ms["a"] == joined.skew_ms["b"]


def test_given_clocks_are_not_moved_by_a_command() -> None:
    stated = {host: GivenHost((), 0) for host in HOSTS}
    both = signs((Request("deploy", COMMAND), Visit("deploy", COMMAND)))
    assert join(ends_of([0], 93_250), {}, stated=stated, signs=both).flows == []


def test_the_address_that_a_server_reports_is_its_hosts_own() -> None:
    ends = ends_of([0], 0)
    known = {"a": (CLIENT,)}
    assert confidence(join(ends, known)) == 0.5
    joined = join(ends, known, signs=signs((None, Visit(local_ip=SERVER))))
    assert confidence(joined) == 0.95 and joined.addresses["b"] == (SERVER,)
    given_only = join(
        ends, {}, stated={"c": GivenHost((GivenAddress(SERVER),))}, signs=signs((None, Visit(local_ip=SERVER)))
    )
    assert given_only.addresses["b"] == ()


@given(st.floats(0, 1), st.floats(0.001, 1000))
def test_what_agrees_never_lowers_a_confidence(confidence: float, odds: float) -> None:
    weighed = Comparison(odds, (), ()).weigh(confidence)
    assert 0 <= weighed <= 1
    assert weighed >= confidence if odds >= 1 else weighed <= confidence
    assert weighed <= max(confidence, MOST)


@pytest.mark.parametrize(("commands", "expected"), [(("uptime", COMMAND), 0.928), (("uptime", "id"), 0.097)])
def test_any_command_of_a_multiplexed_connection_can_be_the_clients(commands: tuple[str, ...], expected: float) -> None:
    both = Request(None, COMMAND), Visit("deploy", commands[0], commands=commands)
    assert confidence(join(ends_of([0]), HOSTS, signs=signs(both))) == pytest.approx(expected, abs=0.001)
    distant = join(ends_of([0], 93_250), HOSTS, signs=signs(both))
    assert (pairs(distant) == {(100, 200)}) == (COMMAND in commands)
