"""Events that lack records that they announce: a sign that records were lost."""

from __future__ import annotations

import pytest

from provenance.ingest.clock import at_ms
from provenance.ingest.deriver import Deriver
from provenance.ingest.facts import Batch
from provenance.ingest.pyauparse import Parser
from provenance.ingest.rules.losses import CUT, LACKING, WHY
from tests.ingest.script import START_MS, Script, derive, parse

MINUTE = START_MS // 60_000 * 60_000


def batch(log: list[str]) -> Batch:
    deriver, parser = Deriver("web01"), Parser()
    for line in log:
        for event in parser.feed(f"{line}\n".encode()):
            deriver.push(event)
    for event in parser.close():
        deriver.push(event)
    return deriver.take()


def story(lacking: int, pause: int = 0) -> list[str]:
    """A log of files that are opened, of which some lack their PATH record."""
    script = Script()
    for number in range(6):
        script.process(100).opens(f"/f{number}", fd=5)
        script.wait(pause if number == 1 else 0)
    return [
        line
        for number, event in enumerate(script.events)
        for line in event
        if number >= lacking or "type=PATH" not in line
    ]


@pytest.mark.parametrize("lacking", [1, 3])
def test_events_without_their_paths_are_a_blind_minute(lacking: int) -> None:
    found = batch(story(lacking))
    assert {(blind.first, blind.last) for blind in found.blinds if blind.why == WHY} == {
        (at_ms(MINUTE), at_ms(MINUTE + 60_000))
    }
    assert found.tallies[LACKING] == lacking


def test_two_minutes_are_two_intervals() -> None:
    found = batch(story(3, pause=60_000))
    assert {blind.first for blind in found.blinds if blind.why == WHY} == {at_ms(MINUTE), at_ms(MINUTE + 60_000)}


def test_a_log_with_all_records_is_not_blind() -> None:
    found = batch(story(0))
    assert not [blind for blind in found.blinds if blind.why == WHY] and LACKING not in found.tallies


def test_a_queue_of_messages_has_a_hidden_folder() -> None:
    """`items=` of mq_open counts the root of the mqueue file system, which has no PATH record."""
    log = [line.replace("syscall=257", "syscall=240") for line in story(6)]
    assert LACKING not in batch(log).tallies


def test_events_with_a_line_that_was_cut_are_counted() -> None:
    log = story(0)
    place = next(number for number, line in enumerate(log) if "type=PROCTITLE" in line)
    log[place] = log[place].partition("proctitle=")[0] + "proctitle=2F62696"
    found = batch(log)
    assert found.tallies[CUT] == 1 and LACKING not in found.tallies and CUT not in batch(story(0)).tallies


def test_a_command_that_is_cut_after_an_even_number_of_digits_is_counted() -> None:
    """`/home/al ice` has lost the part for which it is written in digits."""
    script = Script()
    script.process(100).execs("/usr/bin/cat", "cat", "/home/al ice")
    script.process(101).execs("/usr/bin/cat", "cat", "...")
    facts = derive(parse(script.text().replace(b" a1=2F686F6D652F616C20696365", b" a1=2F686F6D652F616C")))
    assert facts.tallies[CUT] == 1
    assert [facts.node(label).attributes["argv"][1] for label in ("cat:100", "cat:101")] == ["/home/al...", "..."]


def test_a_cut_command_among_many_of_its_form_is_counted() -> None:
    """The parser reads it by a pattern that it has learned from the events before."""
    script = Script()
    for pid in range(100, 140):
        script.process(pid).execs("/usr/bin/cat", "cat", "/home/al ice")
    lines = script.text().splitlines(keepends=True)
    cut = len(lines) - 4
    lines[cut] = lines[cut].replace(b" a1=2F686F6D652F616C20696365", b" a1=2F686F6D652F616C")
    events = parse(b"".join(lines))
    assert not events[-1].from_lines and events[-1].complete
    facts = derive(events)
    assert facts.tallies == {"events": 40, CUT: 1}
    assert facts.node("cat:139").attributes["argv"] == ["cat", "/home/al..."]
    assert facts.node("cat:138").attributes["argv"] == ["cat", "/home/al ice"]
