"""The events behind a connection between hosts: those by which its source's host opened it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from ingest.facts import Flow, FlowKind
from provenance.store.interface import Store

_OPENING = frozenset((FlowKind.CONNECTED, FlowKind.ACCEPTED))


def with_evidence(store: Store, flows: Iterable[Flow]) -> Iterator[Flow]:
    """REACHED flows with the evidence of the connect or accept at their source that began last before them; one that
    has evidence keeps it."""
    opened: dict[int, tuple[list[int], list[Flow]]] = {}
    for flow in flows:
        if flow.evidence:
            yield flow
            continue
        known = opened.get(flow.source)
        if known is None:
            known = opened[flow.source] = _opened(store, flow.source)
        times, runs = known
        place = max(bisect_right(times, flow.first) - 1, 0)
        yield flow._replace(evidence=runs[place].evidence) if runs else flow


def _opened(store: Store, endpoint: int) -> tuple[list[int], list[Flow]]:
    runs = [flow for flow in (*store.flows(None, endpoint), *store.flows(endpoint, None)) if flow.kind in _OPENING]
    runs.sort(key=lambda flow: flow.first)
    return [flow.first for flow in runs], runs
