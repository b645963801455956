"""Scores for how well the time of an alert fits: alert clocks are coarse, and some alerts come late."""

from __future__ import annotations

from provenance.ingest.clock import ms_of

TOLERANCE_MS = 2_000
"""As far as a clock may be off at no cost (docs/semantics.md#where-a-trace-starts)."""
EARLY_MS, LATE_MS = 300_000, 600_000
"""An alert earlier than a candidate's beginning, or later than its end, by more than this is about something else."""
_EARLY_S, _LATE_S = 10.0, 60.0
_CLOSE_S, _CLOSE_SHARE = 30.0, 0.1


def nearness(at: int | None, first: int, last: int | None) -> float | None:
    """How well the time `at` (ms since the epoch) fits a candidate that existed from moment `first` to moment `last` (None:
    to the end of the log): about 1 within TOLERANCE_MS, less the further before or after; None when the alert cannot be
    about it. Of several candidates the one that began nearest to `at` fits best."""
    if at is None:
        return 1.0
    early = ms_of(first) - TOLERANCE_MS - at
    late = 0 if last is None else at - ms_of(last) - TOLERANCE_MS
    if early > EARLY_MS or late > LATE_MS:
        return None
    fit = 1.0
    if early > 0:
        fit = 1 / (1 + early / 1000 / _EARLY_S)
    elif late > 0:
        fit = 1 / (1 + late / 1000 / _LATE_S)
    apart = abs(ms_of(first) - at) / 1000
    return fit * (1 - _CLOSE_SHARE + _CLOSE_SHARE / (1 + apart / _CLOSE_S))


def apart(at: int | None, first: int, last: int | None = None) -> str:
    """The time between an alert and a candidate, as a reason for its score; empty when it is within the tolerance."""
    if at is None:
        return ""
    begin, end = ms_of(first), None if last is None else ms_of(last)
    if at < begin - TOLERANCE_MS:
        return f"the alert is {(begin - at) / 1000:.1f} s before its beginning"
    return (
        f"the alert is {(at - end) / 1000:.1f} s after its end" if end is not None and at > end + TOLERANCE_MS else ""
    )
