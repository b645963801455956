"""Candidates for alerts on the bundled incident, the same in each kind of store."""

from __future__ import annotations

from typing import Any

import pytest

from provenance.alerts.reading import read
from provenance.errors import NothingFound, UsageError
from provenance.ingest.clock import ms_of
from provenance.ingest.facts import unpack_evidence
from provenance.investigation.candidates import candidates, starts
from provenance.store.interface import Direction, Selector, Store
from provenance.trace.slice.anchor import Selection, anchors
from tests.conftest import ROOT
from tests.provenance.investigation.candidates.asking import alert

SHELL_MS = 1795490938271
C2: dict[str, Any] = {"remote_ip": "198.51.100.45", "remote_port": 4444}
MINUTE = "2026-11-24T03:28:"


def anchored(store: Store, **fields: Any) -> tuple[str, int]:
    """Command line or path of the only best candidate, and its moment in ms."""
    (anchor,) = starts(store, alert(**fields), Direction.BACKWARD)
    known = anchor.node.attributes
    return str(known.get("command") or known.get("path")), ms_of(anchor.moment)


@pytest.mark.parametrize("time", ["55.271Z", "58.271Z", "59.000Z"])
@pytest.mark.parametrize("swapped", [False, True])
def test_a_five_tuple_with_a_wrong_clock(seed: Store, time: str, swapped: bool) -> None:
    ends = {**C2, "local_ip": "192.0.2.10", "local_port": 51020}
    if swapped:
        ends = {"local_ip": C2["remote_ip"], "local_port": 4444, "remote_ip": "192.0.2.10", "remote_port": 51020}
    assert anchored(seed, time=MINUTE + time, network=ends) == ("bash -i", SHELL_MS)


def test_an_accepted_connection(seed: Store) -> None:
    ends = {"local_ip": "198.51.100.23", "local_port": 60342, "remote_ip": "192.0.2.10", "remote_port": 9010}
    command, _ = anchored(seed, time=MINUTE + "58.300Z", network=ends)
    assert command.startswith("/usr/bin/java ") and command.endswith("App")


def test_a_command_line_near_its_time(seed: Store) -> None:
    assert anchored(seed, host="web01", time=MINUTE + "58.300Z", process={"command": "bash -i"}) == (
        "bash -i",
        SHELL_MS,
    )
    later, _ = anchored(seed, host="web01", time="2026-11-24T03:29:18.300Z", process={"command": "/bin/bash -i"})
    assert later == "bash -i"


def test_a_command_line_with_its_peer_is_that_flow(seed: Store) -> None:
    (anchor,) = starts(seed, alert(process={"command": "bash -i"}, network=C2), Direction.BACKWARD)
    assert anchor.flow is not None and anchor.peer is not None
    assert anchor.start == {anchor.node.id: anchor.flow.first}


def test_a_dropped_file_by_its_path(seed: Store) -> None:
    dropped = {"host": "web01", "time": "2026-11-24T03:29:25Z"}
    assert anchored(seed, file={"path": "/tmp/3333"}, **dropped)[0] == "/tmp/3333"
    assert anchored(seed, file={"path": "3333"}, **dropped)[0] == "/tmp/3333"


def test_a_pid_at_a_time(seed: Store) -> None:
    assert anchored(seed, host="web01", process={"pid": 7184}, time=MINUTE + "58.300Z") == ("bash -i", SHELL_MS)


@pytest.mark.parametrize("host", ["web01", "WEB01", "web01.example.org", "web01.example.org."])
def test_a_host_by_any_spelling_of_its_name(seed: Store, host: str) -> None:
    fields = {"process": {"pid": 7184, "start": MINUTE + "58.267Z"}}
    assert anchored(seed, host=host, **fields)[0] == "bash -i"


@pytest.mark.parametrize("host", ["203.0.113.77", "web02", "web", "web01x.example.org"])
def test_the_reason_names_an_unrecorded_host(seed: Store, host: str) -> None:
    with pytest.raises(
        NothingFound, match=rf"{host} is not the name or address of a recorded host; recorded hosts: web01"
    ):
        candidates(seed, alert(host=host, process={"pid": 7184}))


def test_the_reason_names_translated_addresses_of_both_ends(seed: Store) -> None:
    ends = {"local_ip": "203.0.113.77", "local_port": 3, "remote_ip": "203.0.113.78", "remote_port": 4444}
    with pytest.raises(NothingFound, match=r"peer 203\.0\.113\.78:4444, or 203\.0\.113\.77:3"):
        candidates(seed, alert(time=MINUTE + "58.300Z", network=ends))


@pytest.mark.parametrize("time", ["2026-11-24T03:20:00Z", "2026-11-24T05:28:58Z"])
def test_an_alert_far_from_every_flow_has_no_match(seed: Store, time: str) -> None:
    with pytest.raises(NothingFound, match="near 2026-11-24T0"):
        candidates(seed, alert(time=time, network=C2))


def test_an_audit_event_ranks_first(seed: Store) -> None:
    (shell,) = anchors(seed, Selection(Selector(command="^bash -i$", **C2), at=SHELL_MS), Direction.BACKWARD)
    assert shell.flow is not None
    event = unpack_evidence(shell.flow.evidence)[0]
    alert_of_event = alert(
        host="web01", event=f"{event.ms // 1000}.{event.ms % 1000:03d}:{event.serial}", process={"command": "whoami"}
    )
    best = candidates(seed, alert_of_event)[0]
    assert best.anchor.flow is not None and "audit event" in best.reason
    assert event in unpack_evidence(best.anchor.flow.evidence)


def test_every_candidate_has_a_score_and_a_reason(seed: Store) -> None:
    found = candidates(seed, alert(host="web01", time=MINUTE + "58.300Z", process={"command": "bash -i"}, network=C2))
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(0 < one.score <= 1 and one.reason for one in found)
    assert found[0].reason == "host web01; peer 198.51.100.45:4444; command line"


SAMPLES = sorted((ROOT / "tests" / "provenance" / "alerts" / "samples").glob("*/*"))


def test_every_sample_alert_has_an_anchor_or_a_reason(embedded: Store) -> None:
    alerts = [alert for path in SAMPLES for alert in read(path.read_bytes()).alerts]
    commands_by_format: dict[str, list[str]] = {}
    for one in alerts:
        try:
            found = candidates(embedded, one)
        except (NothingFound, UsageError) as error:
            assert str(error)
        else:
            commands_by_format.setdefault(one.body["format"], []).append(
                str(found[0].anchor.node.attributes.get("command"))
            )
    shell = [format for format, commands in commands_by_format.items() if "bash -i" in commands]
    assert {"falco", "wazuh", "elastic", "elastic-endpoint", "suricata", "zeek", "ocsf", "defender"} <= set(shell)
    assert {"zircolite", "chainsaw", "sysmon", "kata", "cef", "leef"} <= set(shell)


def test_every_store_gives_the_same_candidates(seed: Store, embedded: Store) -> None:
    for fields in (
        {"network": C2},
        {"host": "web01", "process": {"exe": "/usr/bin/wget"}, "time": "2026-11-24T03:29:24Z"},
        {"host": "web01", "process": {"pid": 7184}, "file": {"path": "/tmp/shell.sh"}},
    ):
        in_one, in_other = candidates(seed, alert(**fields)), candidates(embedded, alert(**fields))
        assert [(one.anchor.start, one.anchor.node.id, one.score, one.reason) for one in in_one] == [
            (one.anchor.start, one.anchor.node.id, one.score, one.reason) for one in in_other
        ]
