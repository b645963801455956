"""Blind intervals, as a story prints them: when the log of which host lacks what, in short."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from provenance.ingest.facts import Blind
from provenance.render.lines import QUIET, Line, Span
from provenance.render.steps import field
from provenance.text.counts import counted
from provenance.text.escape import visible
from provenance.text.times import Zone
from provenance.trace.result import Step, Trace

_RECORDED = " is recorded"
_LACKING = re.compile(r"(?P<what>.+) is recorded in (?P<among>[\d,]+ events?), .*")
_ARRIVALS = "no accepted connection"
_SERIALS = re.compile(r"(serials?) (is|are) in none of the logs.*")


def blind_lines(traces: Sequence[Trace], steps: Sequence[Step], zone: Zone, most: int) -> Iterator[Line]:
    """The blind intervals in short, those of the same time and those for the same reasons together. What is not
    recorded at all comes before what is missing."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for blind in dict.fromkeys(blind for trace in traces for blind in trace.blinds):
        reasons.setdefault((blind.host, _between(blind, steps, zone)), []).append(_in_short(blind.why))
    found: dict[tuple[str, str], list[str]] = {}
    for (host, between), known in reasons.items():
        found.setdefault((between, _joined(known)), []).append(visible(host))
    ordered = sorted(found.items(), key=lambda one: _RECORDED not in one[0][1])
    for number, ((between, why), hosts) in enumerate(ordered[:most]):
        yield field("" if number else "Blind", Span(f"{', '.join(hosts)}, {between}: {visible(why)}"))
    if len(found) > most:
        more = sum(map(len, (hosts for _, hosts in ordered[most:])))
        yield field("", Span(f"and {counted(more, 'more blind interval')}", QUIET))
    if not found:
        yield field("Blind", Span("no known gap in the logs during this time", QUIET))


def _between(blind: Blind, steps: Sequence[Step], zone: Zone) -> str:
    """When a blind interval is: `all the time` if it covers every step of its host."""
    moments = [step.host_moment for step in steps if step.host == blind.host]
    if moments and blind.first <= min(moments) and blind.last >= max(moments):
        return "all the time"
    same_day = zone.day(blind.first) == zone.day(blind.last)
    return f"{zone.stamp(blind.first)} to {zone.time(blind.last) if same_day else zone.stamp(blind.last)}"


def _in_short(why: str) -> str:
    """What a blind interval hides, without what showed it and what it means (docs/tracing.md#blind-intervals)."""
    return _SERIALS.sub(r"\1 \2 missing", why.split(":", 1)[0].split(" although ", 1)[0])


def _joined(reasons: Sequence[str]) -> str:
    """Reasons as one sentence: what is not recorded together (`no fork or clone, no opened file is recorded`), and what no
    record of the log shows, which its rules may leave out."""
    distinct = list(dict.fromkeys(reasons))
    lacking = [one for one in distinct if one.startswith("no ") and one.endswith(_RECORDED)]
    maybe = [found for one in distinct if (found := _LACKING.fullmatch(one)) is not None]
    others = [one for one in distinct if one not in lacking and not _LACKING.fullmatch(one)]
    together = ", ".join(one.removesuffix(_RECORDED) for one in lacking)
    missing = [together + _RECORDED] if lacking else []
    for among in dict.fromkeys(one["among"] for one in maybe):
        what = ", ".join(one["what"] for one in maybe if one["among"] == among)
        missing.append(f"{what} is recorded in {among}: the audit rules may leave that out")
    if any(_ARRIVALS in one for one in missing):
        missing[-1] += " (`provenance audit-rules` prints the rule)"
    return "; ".join([*missing, *others])
