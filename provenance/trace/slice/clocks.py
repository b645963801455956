"""From the clock of one host to that of another, along a flow between the two (docs/semantics.md#across-hosts)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from provenance.ingest.clock import FIRST, LAST, shift
from provenance.ingest.facts import FlowKind


class Crossing(Protocol):
    """A flow. One between hosts is REACHED, and its `detail["skew"]` is the target's clock minus the source's, in ms."""

    @property
    def kind(self) -> FlowKind: ...
    @property
    def detail(self) -> Mapping[str, Any] | None: ...


def at_target(flow: Crossing, moment: int) -> int:
    """A moment at a flow's source, on the clock of its target's host. FIRST and LAST stay unchanged."""
    return _shifted(flow, moment, 1)


def at_source(flow: Crossing, moment: int) -> int:
    """A moment at a flow's target, on the clock of its source's host."""
    return _shifted(flow, moment, -1)


def _shifted(flow: Crossing, moment: int, sign: int) -> int:
    if flow.kind is not FlowKind.REACHED or moment in (FIRST, LAST):
        return moment
    return shift(moment, sign * int((flow.detail or {}).get("skew", 0)))
