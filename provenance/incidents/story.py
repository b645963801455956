"""The story of an incident, merged from the stories of its alerts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from provenance.incidents.traced_alert import StoryStep
from provenance.trace.slice.budget import MOST_STEPS


def merged(stories: Iterable[Sequence[StoryStep]], most: int = MOST_STEPS) -> tuple[StoryStep, ...]:
    """The steps of all stories in order of time, without duplicates. If several stories have the same step, one without doubt
    is used, of these the surest one, and of these the one with the longest text. If there are more than `most` steps, those of
    the most stories are selected, then the earlier ones."""
    best: dict[tuple[str, str | None], StoryStep] = {}
    counts: dict[tuple[str, str | None], int] = {}
    for story in stories:
        for step in set(story):
            key = (step.node, step.edge)
            counts[key] = counts.get(key, 0) + 1
            if key not in best or _detail(step) > _detail(best[key]):
                best[key] = step
    selected = sorted(best, key=lambda key: (-counts[key], _order(best[key])))[:most]
    return tuple(sorted((best[key] for key in selected), key=_order))


def _detail(step: StoryStep) -> tuple[bool, float, int, int, str]:
    return not step.doubt, step.confidence, len(step.text), -step.ms, step.text


def _order(step: StoryStep) -> tuple[int, str, str, str]:
    return step.order, step.host, step.node, step.edge or ""
