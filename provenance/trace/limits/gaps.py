"""Blind intervals of missing serials, without those that are no loss: other hosts of the same kernel hold the serials."""

from __future__ import annotations

from collections.abc import Iterable

from provenance.ingest.facts import Blind
from provenance.ingest.rules.gaps import EXPLAINED, MISSING, WHY
from provenance.store.interface import HostSummary
from provenance.text.counts import counted

_ANYTHING = "anything can have happened in them"


def is_gap(blind: Blind) -> bool:
    """Whether a blind interval of a trace is one of missing serials, all of them or those that no other host holds."""
    return blind.why.endswith(_ANYTHING)


def unexplained(blinds: Iterable[Blind], summaries: Iterable[HostSummary]) -> tuple[Blind, ...]:
    """The blind intervals, in their order. Of missing serials that some hosts of a kernel hold, the rest is reported for the
    first of these hosts alone."""
    reasons = {summary.host: _reason(summary) for summary in summaries}
    reported: dict[str, str] = {}
    found = []
    for blind in blinds:
        why = reasons.get(blind.host, WHY) if blind.why == WHY else blind.why
        if why is None or (why != blind.why and reported.setdefault(why, blind.host) != blind.host):
            continue
        found.append(blind if why == blind.why else blind._replace(why=why))
    return tuple(found)


def _reason(summary: HostSummary) -> str | None:
    """The text about missing serials of a host; None when other hosts of the same kernel hold all of them."""
    missing, explained = summary.tallies.get(MISSING, 0), summary.tallies.get(EXPLAINED, 0)
    if not explained:
        return WHY
    if explained == missing:
        return None
    number = missing - explained
    return (
        f"{counted(number, 'serial')} {'is' if number == 1 else 'are'} in none of the logs of the hosts that share this kernel: "
        "events were lost or filtered out; {_ANYTHING}"
    )
