"""The steps of a story: which of them fit into the room that there is, and their lines."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from itertools import zip_longest
from types import MappingProxyType
from typing import NamedTuple

from provenance.ingest.facts import FlowKind
from provenance.render.carriers import carried_by, command_of, launcher_of, without_carriers
from provenance.render.lines import ALERT, COMMAND, HEADING, QUIET, TIME, Line, Span, wrapped
from provenance.render.objects import is_lasting_file, known_as
from provenance.text.counts import counted
from provenance.text.escape import visible
from provenance.text.labels import file_label
from provenance.text.times import Zone
from provenance.trace.limits.doubts import SURE
from provenance.trace.programs.effects import CHANGES, VERBS
from provenance.trace.programs.secrets import is_secret
from provenance.trace.programs.terminals import takes_input
from provenance.trace.result import Effect, Step

MARGIN = 11
"""The columns of the names of a story's parts."""
_NAMED = 2
"""The objects of one effect that a step names; the sections below the steps name more."""
_NAMED_LASTING = 4
"""The files that one effect names if they make a change last."""
_GUESSED = "guessed"
_ALL_SURE: Mapping[str, float] = MappingProxyType({})
_SSH = re.compile(r"(^|[ /'\"])(ssh|scp|sftp) ")
_SETTINGS = re.compile(r"( -[xq]| -o ?[A-Za-z]+=[^ ]+)*( -o ?[A-Za-z]+=[^ ]+)+")
_LOOKUP = re.compile(r":53(/udp)?\Z")
"""Name servers are listed below the steps: most programs query one."""
_PEER = re.compile(r"\[?([0-9a-f:.]{3,}?)\]?(:\d+)?(/\w+)?\Z")
_NOTED_MS = 1_000
"""Corrections of a clock below this one are not noted in the story."""
_LONGEST, _SHOWN = 200, 140
"""The characters of the longest command line that is shown completely, and how many characters of a longer one are shown."""
_TAIL = 50
"""How many of the characters shown are from the end of the line."""
_DAY_AND_LEFT_OUT = 3


class Density(NamedTuple):
    """How much the lines of steps say: the longest command line that is shown completely, and whether they are `dense`: then
    programs that only run another one are left out, or refer to its step."""

    longest: int
    is_dense: bool


ROOMY, SHORT, DENSE = Density(450, False), Density(_LONGEST, False), Density(_LONGEST, True)
SEE_ALL = "--steps all shows every step"
_REASONS = {
    "others": "that ran for other clients",
    "login": "that every login runs",
    "far": "that only used what the intruder changed",
    "more": "less important",
}


def field(name: str, *spans: Span) -> Line:
    """A line of a story: the name of a part, and its text in a column of its own."""
    first, *rest = spans
    return (Span(name.ljust(MARGIN), HEADING), first._replace(hang=True), *rest)


def lines_of(line: Line, columns: int | None) -> int:
    """How many lines a line takes when it is wrapped."""
    return 1 if columns is None else sum(1 for _ in wrapped(line, columns))


class StepLines:
    """The lines of steps in order of time: as many as fit into `room` lines, those of least rank first (None: all), then what
    is left out and how to see it. `hosts` has the name by which a step names each host; it is empty for one host. The first step
    of each of the `guessed` hosts says that the connection to it is a guess. Steps of `starts` (ids of entities) come before
    those of less rank. `clocks` has how sure the correction of each host's clock is, if that is guessed. `density` is how much a
    line says, if the steps do not have all room."""

    def __init__(
        self,
        steps: Sequence[Step],
        left_out: Mapping[str, int],
        hosts: Mapping[str, str],
        zone: Zone,
        columns: int | None,
        room: int | None,
        how_to_see_all: str = SEE_ALL,
        guessed: Collection[str] = (),
        starts: Collection[int] = (),
        clocks: Mapping[str, float] = _ALL_SURE,
        density: Density = ROOMY,
    ) -> None:
        distinct = {(step.moment, step.host, step.text): step for step in sorted(steps, key=lambda step: -step.rank)}
        self._known = list(distinct.values())
        candidates = self._known if room is None else without_carriers(self._known, starts, density.is_dense)
        begin = [step for step in candidates if step.node in starts]
        self._zone = zone
        marked = {host: f"{name} ({_GUESSED})" if host in guessed else name for host, name in hosts.items()}
        longest = None if room is None else density.longest
        self._lines = {step: _line(step, marked, zone, longest) for step in candidates}
        self._unmarked = {step: _line(step, hosts, zone, longest) for step in candidates if step.host in guessed}
        carried = carried_by(candidates) if density.is_dense else {}
        self._before = {
            step: (
                _line(replace(step, text=f"{launcher_of(step, other)} [the next step]"), marked, zone, longest),
                other,
            )
            for step, other in carried.items()
        }
        short = {step: line for step, (line, _) in self._before.items()}
        self._fitting_lines = {**self._lines, **short}
        self._columns = columns
        self._begin = sorted(begin, key=_order)
        self._shown = _fitting(self._fitting_lines, columns, room, self._begin)
        self._left_out = left_out
        self._how_to_see_all = how_to_see_all
        self._clocks = clocks

    def in_room(self, room: int) -> StepLines:
        """The same steps in another number of lines."""
        other = copy(self)
        other._shown = _fitting(self._fitting_lines, self._columns, room, self._begin)
        return other

    @property
    def number(self) -> int:
        """How many steps are shown."""
        return len(self._shown)

    @property
    def is_short_of_room(self) -> bool:
        """Whether steps are left out that more room would hold."""
        return len(self._shown) < len(self._lines)

    def lines(self) -> Iterator[Line]:
        """The lines."""
        day, name = "", "Steps"
        known: set[str] = set()
        shown = sorted(self._shown, key=_order)
        for step, following in zip_longest(shown, shown[1:]):
            if self._zone.day(step.moment) != day:
                day = self._zone.day(step.moment)
                yield field(name, Span(day, TIME))
                name = ""
            line, other = self._before.get(step, (self._lines[step], None))
            if other is None or other is not following:
                line = self._unmarked.get(step, self._lines[step]) if step.host in known else self._lines[step]
            yield line
            known.add(step.host)
        for host, ms in _corrections(self._known).items():
            text = (
                f"times of {visible(host)} are corrected by {ms / 1000:+.3f} s{_how_sure(self._clocks.get(host, 1.0))}"
            )
            yield field("", Span(text, QUIET))
        more = len(self._lines) - len(self._shown)
        counts = {**self._left_out, "more": self._left_out.get("more", 0) + more}
        reasons = [f"{counts[reason]} {words}" for reason, words in _REASONS.items() if counts.get(reason)]
        if reasons:
            yield field(name, Span(f"left out: {', '.join(reasons)}; {self._how_to_see_all}", QUIET))


def _how_sure(confidence: float) -> str:
    """What is added to the correction of a clock that is guessed."""
    if confidence >= 1:
        return ""
    return f" ({confidence:g})" if confidence >= SURE else f" (guessed, confidence {confidence:g})"


def _order(step: Step) -> tuple[int, bool, bool, int]:
    """By time; of one moment, who entered comes before what he did."""
    return step.moment, step.edge is not None and not step.is_arrival, not takes_input(step), step.rank


def _corrections(steps: Iterable[Step]) -> dict[str, int]:
    """By host, by how many ms its times are corrected, if it is a second or more."""
    known = {step.host: step.correction_ms for step in steps if abs(step.correction_ms) >= _NOTED_MS}
    return dict(sorted(known.items()))


def _fitting(lines: Mapping[Step, Line], columns: int | None, room: int | None, begin: Sequence[Step]) -> list[Step]:
    """The steps whose lines fit: those that `begin` the story on half of the lines (the first of them always), the most important
    with an effect of each host, then the most important of all."""
    ranked = sorted(lines, key=lambda step: (step.rank, step.moment))
    if room is None:
        return ranked
    found: list[Step] = []
    rest = room - _DAY_AND_LEFT_OUT - len(_corrections(ranked))
    half = rest // 2
    for step in begin:
        needed = lines_of(lines[step], columns)
        if needed <= rest - half or not found:
            rest -= needed
            found.append(step)
    first = {step.host: step for step in reversed(ranked) if step.effects}
    for step in dict.fromkeys((*(step for step in ranked if first.get(step.host) is step), *ranked)):
        needed = lines_of(lines[step], columns)
        if needed <= rest and step not in found:
            rest -= needed
            found.append(step)
    return found


def _line(step: Step, hosts: Mapping[str, str], zone: Zone, longest: int | None) -> Line:
    """The line of a step, in which a command line has at most the `longest` number of characters; with None all that is known."""
    every = longest is None
    where = visible(hosts.get(step.host, ""))
    refused = step.until is not None and step.times == 1
    unknown = "" if refused or step.edge is None else "unknown account"
    who = where if step.is_arrival else "@".join(filter(None, (visible(step.account or unknown), where)))
    until = f"until {zone.time(step.until or step.moment)}"
    runs = (
        f"one of {step.times:,} runs with different arguments {until}"
        if step.various
        else f"{step.times:,} times {until}"
    )
    guess = [f"confidence {step.confidence:g}"] if every and step.confidence < SURE else []
    lasted = [runs] if step.times > 1 else [until] if step.until is not None else []
    notes = [*lasted, *([visible(step.doubt)] if step.doubt else []), *guess]
    return (
        Span(" " * MARGIN),
        Span(f"{zone.time(step.moment)}  ", TIME),
        Span(f"{who}: " if who else "", QUIET, hang=True),
        Span(_text(step, longest), COMMAND if step.is_arrival else ""),
        Span(f" ({'; '.join(notes)})" if notes else "", ALERT if notes else ""),
    )


def _text(step: Step, longest: int | None) -> str:
    """The text of a step. Of a long command line, only the ends are shown, so that its effects, which come after it, are shown
    too."""
    text = visible(step.text)
    if longest is None or step.is_arrival:
        return text
    command = both_ends(_condensed(command_of(step)), longest)
    changed = {known_as(name) for effect in step.effects if effect.verb in CHANGES for name in effect.objects}
    what = [words for effect in _main(step.effects) if (words := _effect(_without(effect, changed), command))]
    return command + (f" → {'; '.join(what)}" if what else "")


def beginning(text: str) -> str:
    """A text, of which the beginning and how much more there is if it is long."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ({counted(len(text) - _LONGEST, 'more character')})"


def both_ends(text: str, longest: int = _LONGEST) -> str:
    """A text; of one of more than the `longest` number of characters the beginning, how much more there is, and the end: what
    matters can be in either."""
    if len(text) <= longest:
        return text
    more = counted(len(text) - _SHOWN, "more character")
    return f"{text[: _SHOWN - _TAIL]} ({more}) {text[-_TAIL:]}"


def _condensed(command: str) -> str:
    """A command line of ssh, scp or sftp without its settings (`-o NAME=VALUE`), which say nothing about the intruder."""
    return _SETTINGS.sub(" [settings]", command) if _SSH.search(command) else command


def _main(effects: Iterable[Effect]) -> list[Effect]:
    """The effects without all changes but the first and those that last: the other changes are listed below the steps."""
    found: list[Effect] = []
    changed: set[str] = set()
    for effect in effects:
        if effect.verb not in CHANGES or not changed:
            found.append(effect)
        elif lasting := [name for name in effect.objects if is_lasting_file(name) and known_as(name) not in changed]:
            found.append(effect._replace(objects=tuple(lasting)))
        changed.update(map(known_as, effect.objects if effect.verb in CHANGES else ()))
    return found


def _without(effect: Effect, changed: Collection[str]) -> Effect:
    """An effect; that of reading without the files that the step also changed, but secrets. The secrets of account files are
    read by whoever changes an account."""
    if effect.verb != VERBS[FlowKind.READ]:
        return effect
    kept = [
        name
        for name in effect.objects
        if known_as(name) not in changed or (is_secret(known_as(name)) and not is_lasting_file(name))
    ]
    return effect._replace(objects=tuple(kept))


def _effect(effect: Effect, command: str) -> str:
    """An effect with the first of its objects, without those that the command line names; empty if nothing is left. Of files
    by which a change lasts, more are named."""
    short = _renamed if effect.verb == VERBS[FlowKind.RENAMED] else _short
    unnamed = [name for name in effect.objects if not _is_named_in(name, command) and not _LOOKUP.search(name)]
    names = list(dict.fromkeys(map(short, unnamed)))
    if not names:
        return ""
    lasting = len({short(name) for name in unnamed if is_lasting_file(name)}) if effect.verb in CHANGES else 0
    room = max(_NAMED, min(lasting, _NAMED_LASTING))
    folders = {posixpath.dirname(name) for name in names}
    if len(names) > room and not lasting and len(folders) == 1 and names[0].startswith("/"):
        return f"{visible(effect.verb)} {counted(len(names), 'file')} in {folders.pop().rstrip('/')}/"
    more = f" and {len(names) - room} more" if len(names) > room else ""
    return f"{visible(effect.verb)} {', '.join(names[:room])}{more}"


def _is_named_in(name: str, command: str) -> bool:
    """Whether a command line names an object: a file by its first or last name, a peer by its address."""
    return any(part in command for part in (*file_label(visible(name)).names, _host_of(_short(name))))


def _renamed(name: str) -> str:
    """The first and the last name of a file."""
    first, last, is_renamed = file_label(visible(name))
    return f"{first} to {last}" if is_renamed else first


def _short(name: str) -> str:
    return file_label(known_as(visible(name))).first.removesuffix("/tcp")


def _host_of(name: str) -> str:
    """The address of a peer's label, without its port; other labels unchanged."""
    match = _PEER.match(name)
    return match[1] if match else name
