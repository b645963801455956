"""Ways in of which no record shows whether they or another one led to the start of a trace, ranked beside that one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from provenance.trace.result import Entry

_BEHIND = 0.02
"""How much lower a way that is about as likely scores than the one that it is ranked beside."""
_JUST_BEHIND = 0.001
"""The difference between the scores of ways that are raised to just below the best one, or above it."""
_OF_LITTLE = 0.1
"""The largest of these differences, as a part of the best way's score: it matters when that score is low."""


def beside(ways: Sequence[Entry], best: Entry, found: Sequence[Entry]) -> tuple[Entry, ...]:
    """The ways in order of score, with those that were found besides `best`, which is one of them: each just below it, in the
    given order. The ranks of all are new."""
    gap = min(_BEHIND, best.score * _OF_LITTLE)
    scored = [replace(one, score=max(best.score - gap * place, 0.0)) for place, one in enumerate(found, 1)]
    ordered = sorted((*ways, *scored), key=lambda way: -way.score)
    return tuple(replace(way, rank=rank) for rank, way in enumerate(ordered, 1))


def in_front(ways: Sequence[Entry], best: Entry, found: Sequence[Entry]) -> tuple[Entry, ...]:
    """The ways in order of score, with those that made `best`, which is one of them, possible: each just above it and above what
    came after it, in the given order. The ranks of all are new."""
    if not found:
        return tuple(ways)
    top = max(way.score for way in ways if way.moment >= best.moment or way.score <= best.score)
    count = len(found)
    scored = [replace(one, score=top + _BEHIND * (count - place) / count) for place, one in enumerate(found)]
    ordered = sorted((*scored, *ways), key=lambda way: -way.score)
    return tuple(replace(way, rank=rank) for rank, way in enumerate(ordered, 1))


def at_least_beside(
    ways: Sequence[Entry], best: Entry, found: Sequence[tuple[Entry, Entry]], first: bool
) -> tuple[Entry, ...]:
    """The ways in order of score; of those that were found, each is replaced, and scores at least just below `best`, or above it
    if they come `first`, in the given order. The ranks of all are new."""
    gap, top = min(_JUST_BEHIND, best.score * _OF_LITTLE), len(found) + 1 if first else 0
    new: dict[int, Entry] = {}
    for place, (way, as_found) in enumerate(found, 1):
        new[id(way)] = replace(as_found, score=max(way.score, best.score + gap * (top - place)))
    ordered = sorted((new.get(id(way), way) for way in ways), key=lambda way: -way.score)
    return tuple(replace(way, rank=rank) for rank, way in enumerate(ordered, 1))
