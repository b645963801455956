"""Candidates among similar entities: reused pids, repeated commands, translated addresses, agents."""

from __future__ import annotations

import tempfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.alerts.alert import Alert
from provenance.alerts.intake import submit
from provenance.errors import NothingFound, UsageError
from provenance.ingest.clock import end_of_ms, rfc3339
from provenance.ingest.facts import Batch
from provenance.investigation.candidates import Candidate, candidates, of_alert, selection_of, starts
from provenance.store import open_store
from provenance.store.interface import Direction, Store
from provenance.trace.slice.anchor import anchors
from tests.provenance.investigation.candidates.asking import alert
from tests.provenance.investigation.candidates.conftest import T0, moment, process


def at(s: float) -> str:
    return rfc3339(T0 + round(s * 1000))


def best(store: Store, **fields: Any) -> list[int]:
    """The nodes of the best candidates."""
    return [anchor.node.id for anchor in starts(store, alert(**fields), Direction.BACKWARD)]


def found(store: Store, **fields: Any) -> list[Candidate]:
    return candidates(store, alert(**fields))


def test_a_reused_pid_is_resolved_by_start_or_time(small: Store) -> None:
    assert best(small, host="web01", process={"pid": 50, "start": at(10.5)}) == [1]
    assert best(small, host="web01", process={"pid": 50, "start": at(99)}) == [2]
    assert best(small, host="web01", process={"pid": 50}, time=at(15)) == [1]
    assert best(small, host="web01", process={"pid": 50}, time=at(120)) == [2]
    assert sorted(best(small, host="web01", process={"pid": 50})) == [1, 2], "nothing tells them apart"
    with pytest.raises(NothingFound):
        found(small, host="web01", process={"pid": 50, "start": at(500)})


def test_of_several_runs_of_a_command_the_nearest_in_time_matches(small: Store) -> None:
    for number in range(3):
        assert best(small, host="web01", process={"command": "ls -la"}, time=at(200 + 60 * number)) == [10 + number]
    assert len(best(small, host="web01", process={"command": "ls -la"})) == 3


def test_a_command_line_is_not_a_pattern(small: Store) -> None:
    with pytest.raises(NothingFound):
        found(small, host="web01", process={"command": "ls .*"})


def test_a_truncated_command_line_or_another_folder_matches(small: Store) -> None:
    assert best(small, process={"command": "sh -c " + "x" * 120}) == [20]
    assert found(small, process={"command": "nc -l 80"}, time=at(120))[0].anchor.node.id == 1, "as it was written first"
    assert best(small, process={"command": "/usr/local/bin/ls -la"}, time=at(260)) == [11]
    with pytest.raises(NothingFound):
        found(small, process={"command": "sh -c xxx"})


def test_the_command_line_counts_more_than_a_pid_of_another_namespace(small: Store) -> None:
    (one,) = found(small, host="web01", process={"pid": 7, "command": "sh -c " + "x" * 200})
    assert one.anchor.node.id == 20 and "its pid is 70, not 7" in one.reason


def test_program_and_user_of_a_process_raise_the_score(small: Store) -> None:
    named = {"pid": 50, "exe": "/opt/x/nc"}
    assert best(small, host="web01", process=named, user="www") == [2]
    assert best(small, host="web01", process=named, user="33") == [2]
    assert "its program is /usr/bin/nc" in found(small, host="web01", process=named)[1].reason


def test_a_path_is_not_a_glob(small: Store) -> None:
    assert best(small, host="web01", file={"path": "/tmp/a[1]*?.sh"}) == [40]
    assert best(small, host="web01", file={"path": "a[1]*?.sh"}) == [40]
    with pytest.raises(NothingFound):
        found(small, host="web01", file={"path": "/srv/*"})


def test_the_bound_of_an_entity_allows_for_coarse_clocks(small: Store) -> None:
    an_alert = alert(host="web01", file={"path": "/tmp/a[1]*?.sh"}, time=at(120))
    (back,), (forth,) = (starts(small, an_alert, direction) for direction in (Direction.BACKWARD, Direction.FORWARD))
    assert back.start == {40: end_of_ms(T0 + 122_000)}
    assert forth.start == {40: moment(118)}
    early = alert(host="web01", file={"path": "/tmp/a[1]*?.sh"}, time=at(97))
    assert starts(small, early, Direction.BACKWARD)[0].start == {40: end_of_ms(T0 + 102_000)}, "not before it was there"


def test_the_nearest_of_several_connections_and_its_start_are_selected(small: Store) -> None:
    peer = {"remote_ip": "203.0.113.5", "remote_port": 443}
    for time, node, first in ((11, 1, 11), (112, 2, 110), (149, 2, 150)):
        one = found(small, host="web01", network=peer, time=at(time))[0]
        assert (one.anchor.node.id, one.anchor.start) == (node, {node: moment(first)})


def test_the_process_that_made_a_connection_ranks_before_those_that_inherited_it(small: Store) -> None:
    peer = {"remote_ip": "203.0.113.5", "remote_port": 443}
    last = found(small, host="web01", network=peer)[-1]
    assert last.anchor.node.id == 20 and "the process inherited the connection" in last.reason


def test_an_unrecorded_port_lowers_the_score(small: Store) -> None:
    seen = found(small, network={"remote_ip": "203.0.113.5", "remote_port": 443})[0]
    other = found(small, network={"remote_ip": "203.0.113.5", "remote_port": 444})[0]
    assert other.score < seen.score and "peer 203.0.113.5" in other.reason and ":444" not in other.reason


def test_an_address_of_the_host_raises_the_score_and_a_translated_one_lowers_it(small: Store) -> None:
    peer = {"remote_ip": "203.0.113.5", "remote_port": 443}
    own = found(small, network={**peer, "local_ip": "192.0.2.10"})[0]
    translated = found(small, network={**peer, "local_ip": "198.18.0.1"})[0]
    assert own.score > translated.score and "198.18.0.1 is not an address of web01" in translated.reason


def test_a_connection_of_another_host_does_not_match(small: Store) -> None:
    with pytest.raises(NothingFound, match=r"nothing on db\.north\.example\.org"):
        found(small, network={"remote_ip": "203.0.113.5", "remote_port": 443, "local_ip": "192.0.2.20"})
    one = found(small, network={"local_ip": "203.0.113.5", "local_port": 443, "remote_ip": "192.0.2.10"}, time=at(110))[
        0
    ]
    assert one.anchor.node.id == 2 and one.reason.startswith("host web01 by its address 192.0.2.10")


def test_an_alert_with_a_process_tells_which_end_is_the_hosts(small: Store) -> None:
    ends = {"remote_ip": "203.0.113.5", "local_ip": "192.0.2.10"}
    one = found(small, host="unknown", process={"pid": 50}, network=ends, time=at(110))[0]
    assert one.anchor.node.id == 2 and "host web01 by its address" in one.reason
    with pytest.raises(NothingFound, match="unknown is not the name or address"):
        found(small, host="unknown", process={"pid": 50}, network={"remote_ip": "192.0.2.10"})


def test_a_peer_without_the_named_process_scores_half(small: Store) -> None:
    peer = {"remote_ip": "203.0.113.5", "remote_port": 443}
    one = found(small, host="web01", process={"pid": 60}, network=peer, time=at(200))[0]
    assert one.anchor.node.id == 10 and "no flow with the peer" not in one.reason
    other = found(small, host="web01", process={"pid": 4}, network=peer, time=at(110))[0]
    assert other.anchor.node.id == 2 and "no process that matches the alert communicates with it" in other.reason


@pytest.mark.parametrize(
    ("host", "nodes"),
    [
        ("192.0.2.10", [1, 2]),
        ("192.0.2.20", [101]),
        ("db.north.example.org", [101]),
        ("db.north", []),
        ("db", [101, 201]),
        ("DB.SOUTH.EXAMPLE.ORG", [201]),
    ],
)
def test_a_host_is_found_by_name_short_name_or_address(small: Store, host: str, nodes: list[int]) -> None:
    fields = {"host": host, "process": {"pid": 50}}
    if nodes:
        assert sorted(one.anchor.node.id for one in found(small, **fields)) == nodes
    else:
        with pytest.raises(NothingFound, match="is not the name or address"):
            found(small, **fields)


def test_other_names_of_the_host_are_tried_after_the_first(small: Store) -> None:
    assert best(small, host="i-0abc", hosts=["10.9.9.9", "192.0.2.20"], process={"pid": 50}) == [101]


def test_an_alert_with_only_a_user_matches_the_session(small: Store) -> None:
    assert best(small, host="web01", user="eve", time=at(120)) == [50]
    assert best(small, host="web01", user="1000") == [50]
    with pytest.raises(NothingFound):
        found(small, host="web01", user="mallory")


def test_an_alert_without_a_match_has_a_reason(small: Store) -> None:
    with pytest.raises(UsageError, match="names no process, file, peer, user or event"):
        found(small, host="web01")
    with pytest.raises(NothingFound, match=r"SHA-256 0{64} \(a log holds hashes only of the files that IMA audits\)"):
        found(small, host="web01", file={"sha256": "0" * 64})


def test_a_hash_matches_the_file_under_any_name(small: Store) -> None:
    (only,) = found(small, host="web01", file={"sha256": "B" * 64}, time=at(410))
    assert only.anchor.node.id == 41
    assert f"a file with this hash, computed at {at(401)}" in only.reasons
    assert best(small, file={"sha256": "b" * 64, "path": "/nowhere/else"}) == [41]
    with pytest.raises(NothingFound):
        found(small, host="web01", file={"sha256": "b" * 64}, time=at(-2_000))


def test_of_two_copies_the_one_at_the_alerts_path_ranks_first(small: Store) -> None:
    assert sorted(best(small, file={"sha256": "a" * 64})) == [40, 41]
    for name in ("/srv/a1b.sh", "a1b.sh"):
        first, second = found(small, host="web01", file={"sha256": "a" * 64, "path": name})
        assert (first.anchor.node.id, second.anchor.node.id) == (41, 40)
        assert f"file {name}" in first.reasons and first.score > second.score


def test_a_hash_counts_less_beside_a_process(small: Store) -> None:
    fields = {"process": {"pid": 50, "start": at(99)}, "file": {"sha256": "a" * 64}}
    assert [one.anchor.node.id for one in found(small, host="web01", **fields)] == [2, 40, 41]


def test_a_given_time_replaces_the_alerts_time(small: Store) -> None:
    an_alert = alert(host="web01", process={"pid": 50}, time=at(15))
    assert candidates(small, an_alert)[0].anchor.node.id == 1
    assert candidates(small, an_alert, at=T0 + 120_000)[0].anchor.node.id == 2


def test_a_saved_alert_is_a_selection(small: Store) -> None:
    saved = alert(host="web01", process={"pid": 50}, time=at(15), id="17")
    twin = alert(host="web01", process={"pid": 50}, time=at(120), id="17", source="other")
    submit(small.documents(), [saved], 0)
    for id in (saved.id, "17"):
        (anchor,) = anchors(small, of_alert(small, id, None), Direction.BACKWARD)
        assert anchor.node.id == 1
    submit(small.documents(), [twin], 0)
    assert anchors(small, of_alert(small, twin.id, None), Direction.BACKWARD)[0].node.id == 2
    with pytest.raises(UsageError, match="2 alerts have the id 17"):
        of_alert(small, "17", None)
    with pytest.raises(NothingFound):
        of_alert(small, "18", None)
    with pytest.raises(NothingFound):
        of_alert(small, "no key \udcff", None)


def test_bodies_of_any_shape_raise_only_known_errors(small: Store) -> None:
    for body in (
        {"process": [1], "network": "x", "host": 7},
        {"process": {"pid": "7", "command": 3}, "hosts": {"a": 1}},
        {"host": "web01", "process": {"pid": True}, "file": {"path": ""}},
        {"event": "x"},
        {"time": "never", "process": {"pid": 1}},
        {"network": {"remote_ip": "\x00", "remote_port": 10**30}},
    ):
        with pytest.raises((UsageError, NothingFound)):
            candidates(small, Alert("a", "s", "1", "t", body))
        with pytest.raises((UsageError, NothingFound)):
            anchors(small, selection_of(Alert("a", "s", "1", "t", body)), Direction.BACKWARD)


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(str.strip), st.text(max_size=5))
@settings(deadline=None, max_examples=60)
def test_any_command_line_finds_its_process(command: str, other: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"{folder}/one.db")
        with store.writer() as writer:
            known = [process(1, "h", 1, 5, command), process(2, "h", 1, 6, f"{command}{other}!")]
            writer.apply(Batch("h", known))
        an_alert = Alert("a", "s", "1", "t", {"process": {"command": command}})
        assert [one.anchor.node.id for one in candidates(store, an_alert)] == [1]
        store.close()
