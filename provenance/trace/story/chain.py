"""The attack chain: the steps from the way in onwards, in time order, short enough to be read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from provenance.ingest.clock import shift
from provenance.ingest.facts import FlowKind
from provenance.trace.programs.terminals import takes_input
from provenance.trace.result import Step
from provenance.trace.slice.budget import MOST_STEPS
from provenance.trace.story.material import Story
from provenance.trace.way_in.other_clients import NO_OTHERS, OtherClients

_ON_PATH = 100.0
"""How much more a chain needs a program on the path to the alert."""
_MOST_CROSSINGS = 3
"""The most programs by which an account became another that are sure to be among the steps."""
_MOST_HOSTS = 12
"""Of how many hosts the most important program is sure to be among the steps."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The steps, how many more there are of each reason (`hosts`: how many hosts have none), the programs of all steps, those
    above the limit too, and the files that the programs of the steps read."""

    steps: tuple[Step, ...]
    left_out: Mapping[str, int]
    programs: frozenset[int]
    files_read: frozenset[int] = frozenset()


def chain(
    story: Story,
    opening: Sequence[Step],
    most: int | None = MOST_STEPS,
    starts: Iterable[int] = (),
    skews: Mapping[str, int] = MappingProxyType({}),
    others: OtherClients = NO_OTHERS,
    before: Sequence[Step] = (),
) -> Chain:
    """The steps of a story in time order: the `opening` ones, those from `before` the intruder came in, which programs ran
    (those that a trace `starts` from too), and which peers they contacted, which files they changed and read. The text of a step
    is the full command line of a program, then its effects; an effect that came after another step of its host is a step of its
    own. `skews` holds the correction of each host's clock in ms: steps of several hosts are in the order in which they happened.

    Of more than `most` steps, those are preferred that are on the path from entry to alert, that the intruder caused directly,
    that contact peers, read secrets or change files; programs that run often come last. The alert, the last that the intruder
    did, how he got the rights of another account, and the best way in come before all other steps. None gives every step. What is
    in `others` for sure is left out, and what may be in it is marked.
    """
    begin = {step.host: step.moment for step in sorted(opening, key=_order, reverse=True) if step.is_arrival}
    origins = frozenset(starts)
    programs, omitted = story.units(origins, most is None, others)
    begin = begin or story.begin(origins)
    units = [since for unit in programs if (since := story.since(unit, begin.get(unit.host), origins))]
    interest = {unit.node: story.interest(unit) for unit in units}
    ranked = sorted(units, key=lambda unit: (-_ON_PATH * story.is_on_path(unit) - interest[unit.node], unit.moment))
    crossings = story.crossings(units)[:_MOST_CROSSINGS]
    firsts = story.first_on_hosts(units, interest)[:_MOST_HOSTS]
    ends = list(dict.fromkeys((*story.ends(units, skews), *crossings, *firsts)))
    ranked.sort(key=lambda unit: (not story.is_alert(unit), unit not in ends))
    given = [*before, *opening]
    arrived = given if most is None else _within(given, most, sum(story.is_alert(u) or u in ends for u in units))
    room = len(units) if most is None else most - len(arrived)
    chosen_units = sorted(
        ranked[:room],
        key=lambda unit: (not story.is_alert(unit), unit not in ends, -interest[unit.node], unit.moment),
    )
    chosen = story.steps_of(chosen_units, len(ranked) * 4 if most is None else room, arrived)
    ordered = _by_rank(chosen, arrived, sum(map(story.is_alert, chosen_units)), {unit.node for unit in ends})
    numbered = [replace(step, rank=rank) for rank, step in enumerate(ordered)]
    more = max(len(ranked) - room, 0) + len(given) - len(arrived)
    hosts = {unit.host for unit in units} - {step.host for step in (*chosen, *arrived)}
    left_out = {name: count for name, count in {**omitted, "more": more, "hosts": len(hosts)}.items() if count > 0}
    corrected = (_corrected(step, skews.get(step.host, 0)) for step in numbered)
    read = frozenset(act.object for unit in chosen_units for act in unit.acts if act.edge.kind is FlowKind.READ)
    return Chain(tuple(sorted(corrected, key=_order)), left_out, frozenset(unit.node for unit in units), read)


def _within(opening: Sequence[Step], most: int, needed: int) -> list[Step]:
    """Of the opening steps those that leave room for the `needed` units, without which a story does not show its end: at least
    the first in rank, if there is room for two steps."""
    room = max(most - needed, min(most - 1, 1))
    chosen = sorted(opening, key=lambda step: step.rank)[:room]
    return [step for step in opening if step in chosen]


def _by_rank(chosen: Sequence[Step], arrived: Sequence[Step], alerts: int, ends: Collection[int]) -> list[Step]:
    """The steps in order of rank: the `alerts`, which are the first of the `chosen` steps, the best way in, the ends, then the
    other arrivals and the other programs."""
    best = [step for step in arrived if step.rank == 0]
    last = {step.node: step for step in reversed(chosen) if step.node in ends}
    return list(dict.fromkeys((*chosen[:alerts], *best, *last.values(), *arrived, *chosen)))


def _corrected(step: Step, skew_ms: int) -> Step:
    if not skew_ms:
        return step
    until = None if step.until is None else shift(step.until, skew_ms)
    return replace(step, moment=shift(step.moment, skew_ms), until=until, correction_ms=skew_ms)


def _order(step: Step) -> tuple[int, str, bool, int]:
    return step.moment, step.host, not takes_input(step), step.rank
