"""One chain of several alerts' stories."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from provenance.incidents.traced import Told
from provenance.trace.chain import MOST


def merged(stories: Iterable[Sequence[Told]], most: int = MOST) -> tuple[Told, ...]:
    """The steps of all stories in order of time, each once. Of one step that several stories tell, the longest telling is
    kept. When there are more than `most`, those go first that most stories tell, then the earlier ones."""
    best: dict[tuple[str, str | None], Told] = {}
    often: dict[tuple[str, str | None], int] = {}
    for story in stories:
        for step in set(story):
            place = (step.node, step.edge)
            often[place] = often.get(place, 0) + 1
            if place not in best or _fuller(step) > _fuller(best[place]):
                best[place] = step
    kept = sorted(best, key=lambda place: (-often[place], _order(best[place])))[:most]
    return tuple(sorted((best[place] for place in kept), key=_order))


def _fuller(step: Told) -> tuple[int, int, str]:
    return len(step.text), -step.ms, step.text


def _order(step: Told) -> tuple[int, str, str, str]:
    return step.order, step.host, step.node, step.edge or ""
