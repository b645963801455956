"""The order of events: serials that start again, calls that waited, and late events."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.ingest import checkpoint
from provenance.ingest.deriver import Deriver
from provenance.ingest.facts import Batch
from provenance.ingest.pyauparse import Event, Parser
from provenance.intake.reading.host import HostReader
from tests.ingest.reading import Facts, facts_of
from tests.ingest.script import O_WRONLY, Script

RESTARTED = "the machine or its audit system was restarted"
PATIENT = settings(max_examples=60, deadline=None)


def lines_of(script: Script, order: Iterable[int] | None = None) -> bytes:
    """A log with its events in another order than they were made in."""
    places = range(len(script.events)) if order is None else order
    return "".join(line + "\n" for place in places for line in script.events[place]).encode()


def parsed(log: bytes, size: int | None = None) -> list[Event]:
    parser = Parser()
    step = size or len(log) or 1
    events = [event for begin in range(0, len(log), step) for event in parser.feed(log[begin : begin + step])]
    return events + parser.close()


def derived(events: Sequence[Event]) -> tuple[Deriver, Facts]:
    deriver = Deriver("web01")
    for event in events:
        deriver.push(event)
    return deriver, facts_of([deriver.take(), deriver.conclude()])


def reasons(facts: Facts) -> list[str]:
    return [why for _, _, why in facts.blind]


def at(script: Script, ms: int) -> None:
    """The next event's call began so many milliseconds after the log's first one."""
    script.ms = 1_700_000_000_000 + ms


def waiting(serial: int = 5_000, before: int = 40, waited: int = 60_000, after: int = 40) -> Script:
    """A server that opens files, and whose accept waited for a minute: its time is that long before its neighbours'. The
    event before it is at the place `before`."""
    script = Script(serial=serial)
    sh, server = script.process(100), script.process(300, comm="server")
    for number in range(before):
        at(script, number * 10)
        sh.opens(f"/before{number}", fd=5)
    at(script, before * 10 + waited)
    sh.opens("/last", O_WRONLY, fd=6)
    at(script, before * 10)
    server.accepts(3, 4, "198.51.100.7", 40000)
    for number in range(after):
        at(script, before * 10 + waited + 10 + number * 10)
        sh.opens(f"/after{number}", fd=5)
    return script


def swapped(count: int, *pairs: tuple[int, int]) -> list[int]:
    order = list(range(count))
    for one, other in pairs:
        order[one], order[other] = order[other], order[one]
    return order


@pytest.mark.parametrize("serial", [0, 700, 5_000_000])
@pytest.mark.parametrize("before", [0, 1, 40])
@pytest.mark.parametrize("after", [0, 1, 40])
@pytest.mark.parametrize("waited", [0, 5_000, 600_000])
def test_two_swapped_events_are_no_restart(serial: int, before: int, after: int, waited: int) -> None:
    script = waiting(serial, before, waited, after)
    order = swapped(len(script.events), (before, before + 1))
    _, facts = derived(parsed(lines_of(script, order)))
    _, expected = derived(parsed(lines_of(script)))
    assert reasons(facts) == reasons(expected) == []
    assert facts.spans == expected.spans
    assert facts.tallies == expected.tallies


@pytest.mark.parametrize("distance", [2, 3, 7])
def test_an_event_that_overtook_some_others_is_no_restart(distance: int) -> None:
    """The accept that waited is written before the events to which the kernel gave smaller serials."""
    script = waiting(before=40)
    order = list(range(len(script.events)))
    order.insert(40 - distance, order.pop(41))
    _, facts = derived(parsed(lines_of(script, order)))
    assert (reasons(facts), facts.spans) == ([], derived(script.parsed())[1].spans)


def test_an_event_that_is_very_late_is_no_restart() -> None:
    """One event, thousands of serials too late and later than all others; then the old serials go on."""
    script = waiting(before=3_000, waited=0, after=1_500)
    order = list(range(len(script.events)))
    at(script, 10_000_000)
    script.serial = 5_010 - 1
    script.process(500).opens("/late", fd=3)
    script.events[10], late = script.events[-1], script.events.pop()
    assert late is script.events[10]
    order.insert(3_500, order.pop(10))
    deriver, facts = derived(parsed(lines_of(script, order[:4_000])))
    assert deriver.last[0] == 0
    assert RESTARTED not in reasons(facts)
    assert "/late -READ-> sh:500" in facts.flows, "it is derived although its place has passed"


def booted(first: int, second: int, events: int = 30, before: int = 40) -> Script:
    """A machine that boots between two counts of serials."""
    script = Script(serial=first)
    for number in range(before):
        at(script, number * 10)
        script.process(100).opens(f"/before{number}", O_WRONLY, fd=5)
    script.serial = second
    for number in range(events):
        at(script, 60_000 + number * 10)
        script.process(100).opens(f"/after{number}", O_WRONLY, fd=5)
    return script


@pytest.mark.parametrize("first", [0, 3, 700, 20_000, 5_000_000])
@pytest.mark.parametrize("events", [1, 2, 30])
def test_a_boot_is_a_restart(first: int, events: int) -> None:
    script = booted(first, min(first, 1), events)
    deriver, facts = derived(script.parsed())
    if first in (3, 700) and events < 8:
        return  # Serials below the first ones may be late as well: too few to tell.
    assert (deriver.last[0], reasons(facts)) == (1, [RESTARTED])
    assert {"sh:100 -WROTE-> /before0", "sh:100 (2) -WROTE-> /after0"} <= facts.flows


@pytest.mark.parametrize("evidence", ["DAEMON_START", "SYSTEM_BOOT", "KERNEL"])
def test_a_record_of_a_boot_proves_a_restart(evidence: str) -> None:
    """Even where a single event with a serial that was not read before follows."""
    for with_evidence in (False, True):
        script = booted(700, 600, 0)
        at(script, 60_000)
        if with_evidence and evidence == "DAEMON_START":
            script.message(evidence, "op=start ver=3.0.9 auid=4294967295 pid=90 uid=0 ses=4294967295 res=success")
            script.serial = 600
        elif with_evidence and evidence == "KERNEL":
            script.message(evidence, "state=initialized audit_enabled=0 res=1")
        elif with_evidence:
            script.message(
                evidence, "pid=1 uid=0 auid=4294967295 ses=4294967295 msg=' comm=\"systemd-update-utmp\" res=success'"
            )
        script.process(100).opens("/after", O_WRONLY, fd=5)
        deriver, _ = derived(script.parsed())
        assert deriver.last[0] == int(with_evidence)


def alternating(first: int, second: int, rounds: int, each: int = 15, lost: int = 0) -> Script:
    """The events of two machines in turn, without their names."""
    script = Script(serial=first)
    counts = [first, second]
    for number in range(2 * rounds):
        script.serial = counts[number % 2]
        for place in range(each):
            at(script, 1_000 * number + place)
            script.process(100 + number % 2).opens(f"/file{number}.{place}", O_WRONLY, fd=5)
        counts[number % 2] = script.serial + lost
    return script


def mixed(facts: Facts) -> bool:
    return any("the serials of two machines alternate" in why for why in reasons(facts))


@pytest.mark.parametrize(("first", "second"), [(91_000, 7_000), (7_000, 91_000), (5_000_000, 100)])
@pytest.mark.parametrize("lost", [0, 3])
def test_serials_that_alternate_are_those_of_two_machines(first: int, second: int, lost: int) -> None:
    _, facts = derived(parsed(lines_of(alternating(first, second, rounds=4, lost=lost))))
    assert mixed(facts)


def test_a_restart_and_a_long_gap_are_no_two_machines() -> None:
    script = booted(91_000, 7_000)
    script.serial = 300_000
    at(script, 120_000)
    script.process(100).opens("/later", O_WRONLY, fd=5)
    _, facts = derived(parsed(lines_of(script)))
    assert RESTARTED in reasons(facts) and not mixed(facts)


def test_two_boots_are_two_restarts() -> None:
    script = booted(5_000_000, 0)
    script.serial = 0
    for number in range(30):
        at(script, 120_000 + number * 10)
        script.process(100).opens(f"/third{number}", O_WRONLY, fd=5)
    deriver, _ = derived(script.parsed())
    assert deriver.last == (2, 30)


def test_an_event_read_again_is_no_restart() -> None:
    script = waiting()
    log = lines_of(script)
    deriver, facts = derived(parsed(log + log))
    assert (deriver.last[0], reasons(facts)) == (0, [])
    assert facts.tallies["events"] == len(script.events)


def in_two_runs(events: Sequence[Event], cut: int) -> Facts:
    batches: list[Batch] = []
    deriver = Deriver("web01")
    for event in events[:cut]:
        deriver.push(event)
    batches.append(deriver.take())
    deriver = checkpoint.load(checkpoint.save(deriver))[0]
    for event in events[cut:]:
        deriver.push(event)
    return facts_of([*batches, deriver.take(), deriver.conclude()])


def test_an_event_that_arrives_in_the_next_ingest_is_derived_once() -> None:
    """The first ingest ended between two swapped events, so the later one found the serial of the other missing."""
    script = waiting(before=40)
    order = swapped(len(script.events), (40, 41))
    log = [event for place in order for event in parsed(lines_of(script, [place]))]
    for again in (False, True):
        facts = in_two_runs([*log, *log] if again else log, 41)
        assert RESTARTED not in reasons(facts)
        assert {"sh:100 -WROTE-> /last", "tcp 198.51.100.7:40000 -ACCEPTED-> server:300"} <= facts.flows
        assert facts.tallies["events"] == len(log)
        assert facts.tallies.get("missing serials", 0) == 0


@pytest.mark.parametrize("waited", [0, 60_000])
def test_an_event_that_an_ingest_left_unfinished_comes_before_a_call_that_waited(waited: int) -> None:
    """Its other lines never came. The next ingest begins with an accept whose time is long before."""
    script = waiting(before=40, waited=waited)
    cut = script.events[40].pop()
    first, second = lines_of(script, range(41)), lines_of(script, range(41, len(script.events)))
    assert "type=PROCTITLE" in cut
    reader = HostReader("web01", None, True)
    parser = Parser()
    for event in parser.feed(first) + parser.drain():
        reader.push(event)
    batch = reader.conclude(parser.close(), b"")
    assert batch.checkpoint is not None
    reader = HostReader("web01", batch.checkpoint, True)
    assert reader.waiting == 1
    for event in parsed(second):
        reader.push(event)
    facts = facts_of([batch, reader.take(), reader.conclude((), b"")])
    assert facts.tallies["events"] == len(script.events)
    assert "sh:100 -WROTE-> /last" in facts.flows


@st.composite
def disturbed(draw: st.DrawFn) -> bytes:
    """A log of a few boots in which calls waited and neighbours are swapped."""
    pick = random.Random(draw(st.integers(0, 1 << 30)))
    script = Script(serial=pick.choice((0, 300, 100_000)))
    order: list[int] = []
    clock = 0
    for boot in range(pick.randint(1, 3)):
        if boot:
            clock += 30_000
            script.serial = 0
        begin = len(script.events)
        for number in range(pick.randint(20, 60)):
            clock += pick.choice((0, 4, 4, 4, 3_000))
            at(script, max(clock - pick.choice((0, 0, 0, 5_000)), boot * 30_000))
            script.process(100 + pick.randint(0, 3)).opens(f"/{boot}/{number}", fd=5)
            script.serial += pick.choice((0, 0, 0, 1))
        places = list(range(begin, len(script.events)))
        for _ in range(pick.randint(0, 6)):
            one = pick.randrange(len(places) - 1)
            places[one], places[one + 1] = places[one + 1], places[one]
        order += places
    return lines_of(script, order)


def test_an_event_that_is_released_at_once_has_its_count_of_serials() -> None:
    """Once all events after a restart have been released, the next one takes the short way."""
    script = booted(700, 0, 0)
    for number in range(200):
        at(script, 60_000 + number * 200)
        script.process(100).opens(f"/after{number}", O_WRONLY, fd=5)
    assert [event.generation for event in parsed(lines_of(script))] == [0] * 40 + [1] * 200


def stamps(events: Iterable[Event]) -> list[tuple[int, int, int, bool]]:
    return [(event.generation, event.serial, event.ms, event.late) for event in events]


@PATIENT
@given(disturbed(), st.integers(1, 4_000))
def test_the_size_of_chunks_changes_no_order(log: bytes, size: int) -> None:
    assert stamps(parsed(log, size)) == stamps(parsed(log))


@PATIENT
@given(disturbed())
def test_events_are_derived_in_order_of_their_serials(log: bytes) -> None:
    found = stamps(parsed(log))
    places = [(generation, serial) for generation, serial, _, late in found if not late]
    assert places == sorted(places)


@PATIENT
@given(disturbed())
def test_a_log_that_is_read_twice_is_derived_once(log: bytes) -> None:
    read_once, read_twice = Deriver("web01"), Deriver("web01")
    batches: list[list[Batch]] = [[], []]
    for deriver, times, found in ((read_once, 1, batches[0]), (read_twice, 2, batches[1])):
        for _ in range(times):
            for event in parsed(log):
                deriver.push(event)
        found += [deriver.take(), deriver.conclude()]
    one, two = map(facts_of, batches)
    assert (one.spans, one.blind) == (two.spans, two.blind)
    assert one.tallies["events"] == two.tallies["events"]
