"""Carriers: programs such as `sh -c X`, `env X` and `find -exec X` that only run the command of another step."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from provenance.text.escape import visible
from provenance.trace.result import Effect, Step

_WRAPPER = re.compile(r"(?:/usr)?(?:/bin/)?(?:ba|da)?sh -c (.+)", re.DOTALL)
_QUOTING = re.compile(r"[\\'\"]")
_ENDING = re.compile(r"( ?;| ?[0-9]?>&[0-9]| ?[0-9]?> ?/dev/null)*\s*\Z")
_SEPARATOR = re.compile(r"[;&|<>\n]")
"""What begins another command: a carrier runs no other."""
_LOOKUP = re.compile(r":53(/udp)?\Z")
_MOST_WORDS = 40
"""Within how many words of its command line a carrier comes to the other command."""


def command_of(step: Step) -> str:
    """The command line of a step, visible, without its effects."""
    return visible(step.text.split(" → ", 1)[0])


def without_carriers(steps: Sequence[Step], starts: Collection[int], is_dense: bool) -> list[Step]:
    """The steps without shells that only run the command of another, `sh -c X` before X. If the story `is_dense`, of steps that
    carry others only the last, which is as important then; where one carries another of another account, such as sudo, that is
    left out instead if it did no more. Steps of the `starts` (ids of entities) stay."""
    effects: dict[tuple[str, str], set[Effect]] = defaultdict(set)
    for step in steps:
        effects[step.host, command_of(step)].update(step.effects)
    left_out = {step for step in steps if _is_wrapper(step, effects)}
    ranks: dict[Step, int] = {}
    if is_dense:
        carried = carried_by(steps)
        ranks = _ranks(carried)
        left_out |= {step for step in steps if _is_same(step, carried)}
        for step, other in carried.items():
            if step not in left_out and (last := _last(other, carried, left_out)).effects == ():
                left_out.add(last)
                ranks[step] = min(ranks.get(last, last.rank), ranks.get(step, step.rank))
    remaining = [step for step in steps if step.node in starts or step not in left_out]
    return [replace(step, rank=ranks[step]) if step in ranks else step for step in remaining]


def _ranks(carried: Mapping[Step, Step]) -> dict[Step, int]:
    """The ranks of steps that others carry: as important as these."""
    ranks: dict[Step, int] = {}
    for step in carried:
        other: Step | None = carried[step]
        while other is not None:
            ranks[other] = min(ranks.get(other, other.rank), step.rank)
            other = carried.get(other)
    return ranks


def _last(step: Step, carried: Mapping[Step, Step], left_out: Collection[Step]) -> Step:
    """The step that is shown in the place of one that is left out."""
    while step in left_out and step in carried:
        step = carried[step]
    return step


def carried_by(steps: Iterable[Step]) -> dict[Step, Step]:
    """By step that does nothing else, the first step from its time on whose command it carries."""
    known: dict[tuple[str, str], list[Step]] = defaultdict(list)
    for step in sorted(steps, key=lambda step: step.moment):
        if not step.is_arrival and step.times == 1:
            known[step.host, _plain(command_of(step))].append(step)
    return {
        step: found
        for (host, command), same in known.items()
        for step in same
        if not any(map(_is_effect, step.effects)) and (found := _first_of(known, host, command, step)) is not None
    }


def launcher_of(step: Step, other: Step) -> str:
    """The command line of a step as far as it is its own, if it carries the other; all of it if that cannot be told apart."""
    command = command_of(step)
    words = len(_plain(command).split(" ")) - len(_plain(command_of(other)).split(" "))
    return " ".join(command.split(" ")[:words]).rstrip("'\"")


def _first_of(known: Mapping[tuple[str, str], Sequence[Step]], host: str, command: str, step: Step) -> Step | None:
    """The first step from the time of a step on whose command is the rest of its own, after a few words and no other command."""
    words = command.split(" ")
    for number in range(1, min(len(words), _MOST_WORDS)):
        if _SEPARATOR.search(words[number - 1]):
            return None
        for other in known.get((host, " ".join(words[number:])), ()):
            if other.moment >= step.moment:
                return other
    return None


def _is_effect(effect: Effect) -> bool:
    return not all(map(_LOOKUP.search, effect.objects))


def _plain(command: str) -> str:
    """A command line without quotes, and without what sends its output elsewhere or ends an `-exec`."""
    return _ENDING.sub("", _QUOTING.sub("", command))


def _is_same(step: Step, carried: Mapping[Step, Step]) -> bool:
    """Whether a step carries another of its account."""
    return step in carried and _first_account(step) == _first_account(carried[step])


def _first_account(step: Step) -> str:
    return step.account.split(", then ", 1)[0].split(" as ", 1)[0]


def _is_wrapper(step: Step, effects: Mapping[tuple[str, str], set[Effect]]) -> bool:
    """Whether a step is `sh -c X` of a step X, or `sh -c X > file`."""
    match = _WRAPPER.fullmatch(command_of(step))
    if match is None:
        return False
    inner = re.split(r" ?[0-9]?[<>]", match[1], maxsplit=1)[0]
    return any(
        (step.host, command) in effects and effects[step.host, command] >= set(step.effects)
        for command in (match[1], inner)
    )
