"""Ways in that no record joins to the start of a trace, ranked beside one that records show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from provenance.trace.result import Entry

_BEHIND = 0.02
"""How much lower such a way scores than the one beside it: about as likely."""


def beside(ways: Sequence[Entry], best: Entry, found: Sequence[Entry]) -> tuple[Entry, ...]:
    """The ways in order of score, with those that were found besides `best`, which is one of them: each just below it, in the
    given order. Ranks are given anew."""
    scored = [replace(one, score=max(best.score - _BEHIND * place, 0.0)) for place, one in enumerate(found, 1)]
    ordered = sorted((*ways, *scored), key=lambda way: -way.score)
    return tuple(replace(way, rank=rank) for rank, way in enumerate(ordered, 1))
