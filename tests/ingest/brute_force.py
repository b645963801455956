"""Tracing in the plainest way (docs/semantics.md#causality): every flow is tried until nothing changes."""

from __future__ import annotations

from collections.abc import Iterable

from provenance.ingest.facts import Flow

Bounds = dict[int, int]
"""Each entity that a trace reaches, and its bound."""


def backward(flows: Iterable[Flow], start: int, at: int) -> Bounds:
    """What may have influenced `start` until `at`: a flow u -> v counts iff it begins by T(v)."""
    known = list(flows)
    bounds = {start: at}
    while True:
        before = dict(bounds)
        for flow in known:
            bound = bounds.get(flow.target)
            if bound is not None and flow.first <= bound:
                bounds[flow.source] = max(bounds.get(flow.source, 0), min(flow.last, bound))
        if bounds == before:
            return bounds


def forward(flows: Iterable[Flow], start: int, since: int) -> Bounds:
    """What `start` may have influenced since `since`: a flow u -> v counts iff it ends at F(u) or later."""
    known = list(flows)
    bounds = {start: since}
    while True:
        before = dict(bounds)
        for flow in known:
            bound = bounds.get(flow.source)
            if bound is not None and flow.last >= bound:
                first = max(flow.first, bound)
                bounds[flow.target] = min(bounds.get(flow.target, first), first)
        if bounds == before:
            return bounds


def last_causes(flows: Iterable[Flow], bounds: Bounds) -> dict[int, int | None]:
    """The last moment by a backward bound at which anything may have entered the entity.

    Two bounds between which nothing enters say the same of the past; this tells them from those that do not.
    """
    found: dict[int, int | None] = dict.fromkeys(bounds)
    for flow in flows:
        bound = bounds.get(flow.target)
        if bound is not None and flow.first <= bound:
            found[flow.target] = max(found[flow.target] or 0, min(flow.last, bound))
    return found


def first_effects(flows: Iterable[Flow], bounds: Bounds) -> dict[int, int | None]:
    """The first moment from a forward bound on at which anything may have left the entity."""
    found: dict[int, int | None] = dict.fromkeys(bounds)
    for flow in flows:
        bound = bounds.get(flow.source)
        if bound is not None and flow.last >= bound:
            first, known = max(flow.first, bound), found[flow.source]
            found[flow.source] = first if known is None else min(known, first)
    return found
