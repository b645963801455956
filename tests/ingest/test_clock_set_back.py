"""Boots whose clock is behind that of the boot before: a machine without a clock of its own, or one whose clock was set back."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.ingest import checkpoint
from provenance.ingest.clock import ms_of
from provenance.ingest.deriver import Deriver
from provenance.ingest.pyauparse import Parser
from provenance.ingest.pyauparse.boots import Boots, Sign
from provenance.intake.reading.host import HostReader
from tests.ingest.reading import Facts, facts_of
from tests.ingest.script import O_WRONLY, START_MS, Script
from tests.ingest.test_restarts import RESTARTED, at, derived, lines_of, parsed, reasons, stamps

HOUR_MS = 3_600_000
PATIENT = settings(max_examples=60, deadline=None)
DAEMON = "op=start ver=3.0.9 format=raw auid=4294967295 pid=90 uid=0 ses=4294967295 res=success"
BOOT = "pid=1 uid=0 auid=4294967295 ses=4294967295 msg='comm=\"systemd-update-utmp\" res=success'"
UNIT = "pid=1 uid=0 auid=4294967295 ses=4294967295 msg='unit=systemd-journald comm=\"systemd\" res=success'"
RULE = "auid=4294967295 ses=4294967295 op=add_rule key=(null) list=4 res=1"


def boots(script: Script, evidence: str, ms: int) -> None:
    """What a machine writes when it boots at this time."""
    at(script, ms)
    if evidence == "DAEMON_START":
        script.message(evidence, DAEMON)
    script.serial = 0
    if evidence == "SYSTEM_BOOT":
        script.message(evidence, BOOT)
    elif evidence == "KERNEL":
        script.message(evidence, "state=initialized audit_enabled=0 res=1")
    elif evidence == "services":
        for _ in range(8):
            script.message("CONFIG_CHANGE", RULE)
            script.message("SERVICE_START", UNIT)


def back(evidence: str = "DAEMON_START", behind: int = HOUR_MS, before: int = 40, first: int = 5_000) -> Script:
    """A process writes a file; the machine boots, with its clock behind, and another process with the same pid reads it."""
    script = Script(serial=first)
    for number in range(before):
        at(script, 2 * HOUR_MS + number * 10)
        script.process(100).opens(f"/before{number}", O_WRONLY, fd=5)
    boots(script, evidence, 2 * HOUR_MS + before * 10 - behind)
    for number in range(30):
        script.process(100).opens(f"/before{number}", fd=5)
    return script


@pytest.mark.parametrize("evidence", ["DAEMON_START", "SYSTEM_BOOT", "KERNEL", "services"])
@pytest.mark.parametrize("behind", [397, HOUR_MS, 20_000 * HOUR_MS])
@pytest.mark.parametrize("first", [0, 5_000, 5_000_000])
def test_a_boot_with_an_earlier_clock_is_a_restart(evidence: str, behind: int, first: int) -> None:
    deriver, facts = derived(back(evidence, behind, first=first).parsed())
    assert deriver.last[0] == 1
    assert RESTARTED in reasons(facts)
    assert {"sh:100 -WROTE-> /before0", "/before0 -READ-> sh:100 (2)"} <= facts.flows
    assert "sh:100" in facts.backward("sh:100 (2)"), "what the former boot wrote is a cause of what the later one read"
    assert facts.tallies.get("known", 0) == facts.tallies.get("older", 0) == 0


def test_without_a_record_of_a_boot_an_earlier_time_is_no_restart() -> None:
    deriver, facts = derived(back("none").parsed())
    assert deriver.last[0] == 0 and RESTARTED not in reasons(facts)


def test_no_effect_comes_before_its_cause() -> None:
    _, facts = derived(back().parsed())
    wrote, read = facts.spans["sh:100 -WROTE-> /before3"], facts.spans["/before3 -READ-> sh:100 (2)"]
    moments = {flow.kind.name: flow.first for flow in facts.runs if facts.labels[flow.source] == "/before3"}
    causes = [flow.last for flow in facts.runs if facts.labels[flow.target] == "/before3"]
    assert wrote and read and max(causes) <= min(moments.values())


def test_the_clock_is_reported_with_how_far_it_was_behind() -> None:
    script = back(behind=HOUR_MS + 1_500)
    _, facts = derived(script.parsed())
    (found,) = [why for why in reasons(facts) if why.startswith("the clock was")]
    assert found.startswith("the clock was 1:00:01.486 behind at a restart of the machine: "), found


def test_times_are_those_of_the_records_once_the_clock_has_caught_up() -> None:
    script = back()
    at(script, 3 * HOUR_MS)
    script.process(100).opens("/synchronized", O_WRONLY, fd=5)
    _, facts = derived(script.parsed())
    (moment,) = [flow.first for flow in facts.runs if facts.labels[flow.target] == "/synchronized"]
    assert ms_of(moment) == START_MS + 3 * HOUR_MS + 4


@pytest.mark.parametrize("late", ["the daemon restarts", "a service starts"])
def test_a_late_event_after_a_record_of_a_boot_is_no_restart(late: str) -> None:
    """The daemon is started again in one boot, and lines are out of order just then."""
    script = Script(serial=100)
    for number in range(60):
        at(script, number * 10)
        if number == 30 and late == "the daemon restarts":
            serial = script.serial
            script.message("DAEMON_START", DAEMON)
            script.serial = serial
        elif number == 30:
            script.message("SERVICE_START", UNIT)
        script.process(100).opens(f"/{number}", fd=5)
    order = list(range(len(script.events)))
    order[31:36] = [34, 31, 32, 33, 35]
    order.insert(33, order.pop(27))
    _, expected = derived(script.parsed())
    deriver, facts = derived(parsed(lines_of(script, order)))
    assert (deriver.last[0], reasons(facts)) == (0, reasons(expected))
    assert facts.flows == expected.flows


def read_again(logs: Iterable[bytes], may_be_older: bool = False) -> tuple[Deriver, Facts]:
    """Ingests of logs, one after another, with a checkpoint between them."""
    reader, batches, older = HostReader("web01", None, True), [], 0
    for log in logs:
        parser = Parser("web01")
        for event in [*parser.feed(log), *parser.drain()]:
            reader.push(event)
        batches.append(reader.conclude(parser.close(), b""))
        saved = batches[-1].checkpoint
        assert saved is not None
        older = reader.older
        reader = HostReader("web01", saved, True)
    assert may_be_older or not older, "events that were read before are not older than the log"
    return reader.deriver, facts_of(batches)


def three_boots() -> Script:
    """The clock of the second boot is behind that of the first, and the third is later than the second, but not than the
    first."""
    script = back()
    boots(script, "DAEMON_START", 2 * HOUR_MS - HOUR_MS // 2)
    for number in range(30):
        script.process(100).opens(f"/third{number}", O_WRONLY, fd=5)
    return script


@pytest.mark.parametrize("cut", [1, 40, 41, 42, 43, 44, 50, 70, 71, 72, 73, 90])
def test_a_log_that_grows_over_a_boot_is_derived_once(cut: int) -> None:
    """Each ingest reads the log from its beginning."""
    script = three_boots()
    whole = lines_of(script)
    expected = read_again([whole])[1]
    deriver, facts = read_again([lines_of(script, range(cut)), whole, whole])
    assert deriver.last == (2, 30)
    assert facts.spans == expected.spans
    assert facts.tallies["events"] == expected.tallies["events"] == len(script.events)


def test_an_ingest_of_the_newer_file_alone_continues_the_boot() -> None:
    """The log was rotated while the clock was still behind."""
    script = three_boots()
    expected = read_again([lines_of(script)])[1]
    deriver, facts = read_again([lines_of(script, range(55)), lines_of(script, range(55, len(script.events)))])
    assert deriver.last == (2, 30)
    assert facts.spans == expected.spans


def test_a_log_that_is_given_twice_in_one_ingest_is_derived_once() -> None:
    whole = lines_of(three_boots())
    once, twice = read_again([whole])[1], read_again([whole + whole])[1]
    assert once.spans == twice.spans
    assert once.tallies["events"] == twice.tallies["events"]


def test_an_older_file_is_no_boot() -> None:
    """It begins with a record of a boot, as its time is before the log's beginning."""
    script = Script()
    script.message("DAEMON_START", DAEMON)
    script.serial = 0
    for number in range(30):
        script.process(100).opens(f"/older{number}", fd=5)
    older = script.text()
    script.events.clear()
    at(script, HOUR_MS)
    script.serial = 5_000
    for number in range(30):
        script.process(100).opens(f"/newer{number}", fd=5)
    parser, deriver = Parser("web01"), Deriver("web01")
    for log in (script.text(), older):
        parser.begin_file()
        for event in [*parser.feed(log), *parser.drain()]:
            deriver.push(event)
    facts = facts_of([deriver.take(), deriver.conclude()])
    assert deriver.last[0] == 0
    assert not any("/older" in flow for flow in facts.flows)


def test_a_record_of_the_daemon_with_an_earlier_time_is_derived() -> None:
    script = Script(serial=5_000)
    script.process(100).opens("/before", fd=5)
    script.message("DAEMON_END", DAEMON)
    script.serial = 5_001
    boots(script, "DAEMON_START", -HOUR_MS)
    script.process(100).opens("/after", fd=5)
    script.process(100).opens("/after", fd=5)
    deriver, facts = derived(script.parsed())
    assert deriver.host.daemon_ended is None
    assert facts.tallies["events"] == len(script.events)
    assert "auditd was not running" in reasons(facts)


def test_only_the_newest_records_of_boots_are_remembered() -> None:
    """A log of any length needs bounded memory; a record that was forgotten is a new sign when it is read again."""
    known = Boots()
    stamps = [(START_MS + number, 1) for number in range(5_000)]
    assert {known.new_sign(Sign.BOOT, stamp) for stamp in stamps} == {Sign.BOOT}
    assert {known.new_sign(Sign.BOOT, stamp) for stamp in stamps[2_000:]} == {Sign.NONE}
    assert known.new_sign(Sign.BOOT, stamps[0]) == Sign.BOOT


@st.composite
def disturbed(draw: st.DrawFn) -> tuple[int, bytes]:
    """How many boots a log has, and the log: clocks go any way at boots, calls waited, and neighbours are swapped."""
    pick = random.Random(draw(st.integers(0, 1 << 30)))
    script = Script(serial=pick.choice((0, 300, 100_000)))
    order: list[int] = []
    clock, count = 10 * HOUR_MS, pick.randint(1, 4)
    for boot in range(count):
        if boot:
            clock += pick.choice((30_000, HOUR_MS, -30_000, -HOUR_MS, -5 * HOUR_MS))
            order += range(len(order), len(script.events))
            boots(script, pick.choice(("DAEMON_START", "SYSTEM_BOOT")), clock)
            order += range(len(order), len(script.events))
        begin = len(script.events)
        for number in range(pick.randint(20, 60)):
            clock += pick.choice((0, 4, 4, 4, 3_000))
            at(script, clock - pick.choice((0, 0, 0, 3_000)))
            script.process(100 + pick.randint(0, 3)).opens(f"/{boot}/{number}", fd=5)
        places = list(range(begin, len(script.events)))
        for _ in range(pick.randint(0, 6)):
            one = pick.randrange(4, len(places) - 1)
            places[one], places[one + 1] = places[one + 1], places[one]
        order += places
    return count, lines_of(script, order)


@PATIENT
@given(disturbed(), st.integers(1, 4_000))
def test_boots_are_found_however_clocks_go(found: tuple[int, bytes], size: int) -> None:
    count, log = found
    events = parsed(log)
    assert stamps(parsed(log, size)) == stamps(events)
    deriver, facts = derived(events)
    assert deriver.last[0] == count - 1
    assert facts.tallies.get("known", 0) == 0
    places = [(event.generation, event.serial) for event in events if not event.daemon]
    assert places == sorted(places)


@PATIENT
@given(disturbed())
def test_a_log_of_any_clocks_that_is_read_twice_is_derived_once(found: tuple[int, bytes]) -> None:
    _, log = found
    (_, once), (_, twice) = read_again([log]), read_again([log, log])
    assert (once.spans, once.blind) == (twice.spans, twice.blind)
    assert once.tallies["events"] == twice.tallies["events"]


def test_a_checkpoint_remembers_boots() -> None:
    deriver, _ = derived(three_boots().parsed())
    again = checkpoint.load(checkpoint.save(deriver))[0]
    assert again.host.boots == deriver.host.boots and len(again.host.boots) == 3
    assert again.host.daemon_records == deriver.host.daemon_records and len(again.host.daemon_records) == 2


def test_the_last_record_of_the_daemon_is_known_to_a_host_of_an_earlier_version() -> None:
    """Its checkpoint held the newest of the daemon's records only."""
    script = three_boots()
    end = f"type=DAEMON_END msg=audit({script.ms // 1000 + 60}.000:99999): op=terminate auid=0 res=success\n"
    events = parsed(lines_of(script) + end.encode())
    deriver, facts = derived(events)
    assert facts.tallies["events"] == len(events) and events[-1].daemon
    deriver.host.daemon_records.clear()
    deriver.push(events[-1])
    assert facts_of([deriver.take()]).tallies == {"known": 1}


def long_back(evidence: str, behind: int, first: int = 0, before: int = 40) -> tuple[Script, int]:
    """As `back`, with a boot before that lasts three hours and begins like one itself; and how many events it has."""
    script = Script(serial=first)
    boots(script, evidence, 0)
    script.serial += first
    for number in range(before):
        at(script, 60_000 + number * 3 * HOUR_MS // before)
        script.process(100).opens(f"/before{number}", O_WRONLY, fd=5)
    seam = len(script.events)
    boots(script, evidence, 3 * HOUR_MS - behind)
    for number in range(30):
        script.process(100).opens(f"/before{number}", fd=5)
    return script, seam


@pytest.mark.parametrize("evidence", ["DAEMON_START", "SYSTEM_BOOT", "KERNEL"])
@pytest.mark.parametrize("behind", [600_000, HOUR_MS, 2 * HOUR_MS])
@pytest.mark.parametrize("first", [0, 5_000])
def test_a_boot_between_two_ingests_is_found_from_what_is_stored(evidence: str, behind: int, first: int) -> None:
    """The log was cut exactly there: no input holds events of both boots."""
    script, seam = long_back(evidence, behind, first)
    one, two = lines_of(script, range(seam)), lines_of(script, range(seam, len(script.events)))
    expected = read_again([one + two])[1]
    deriver, facts = read_again([one, two])
    assert deriver.last == (1, script.serial)
    assert RESTARTED in reasons(facts)
    assert any(why.startswith("the clock was") for why in reasons(facts))
    assert facts.spans == expected.spans
    assert facts.tallies["events"] == len(script.events)
    for again in ([one, two, two], [one, two, one, two], [one, two, one + two]):
        assert read_again(again)[1].spans == expected.spans


@pytest.mark.parametrize("evidence", ["none", "DAEMON_START", "SYSTEM_BOOT", "KERNEL"])
def test_a_part_that_was_read_before_is_no_boot(evidence: str) -> None:
    """It begins with the record of a boot, or within one."""
    script, seam = long_back(evidence, HOUR_MS)
    one = lines_of(script, range(seam))
    expected = read_again([one])[1]
    for begin in range(seam - 20):
        part = lines_of(script, range(begin, seam))
        deriver, facts = read_again([one, part])
        assert deriver.last[0] == 0 and facts.spans == expected.spans


def test_an_older_part_of_the_boot_that_is_read_later_is_no_boot() -> None:
    """The newest file of a rotated log was ingested before the one in which the machine boots."""
    script, seam = long_back("DAEMON_START", HOUR_MS)
    older, newer = lines_of(script, range(20)), lines_of(script, range(20, seam))
    deriver, facts = read_again([newer, older], may_be_older=True)
    assert deriver.last[0] == 0
    assert RESTARTED not in reasons(facts)


@pytest.mark.parametrize("missing", [range(10, 20), range(2, 20)])
def test_a_part_whose_place_is_a_hole_is_no_boot(missing: range) -> None:
    """The daemon was started again in the part that is read last."""
    script = Script(serial=3_000)
    for number in range(40):
        at(script, number * 60_000)
        if number == missing.start:
            serial = script.serial
            script.message("DAEMON_START", DAEMON)
            script.serial = serial
        script.process(100).opens(f"/{number}", fd=5)
    first, hole, last = range(missing.start), range(missing.start, missing.stop), range(missing.stop, 41)
    deriver, facts = read_again([lines_of(script, [*first, *last]), lines_of(script, hole)], may_be_older=True)
    assert deriver.last[0] == 0
    assert RESTARTED not in reasons(facts)
