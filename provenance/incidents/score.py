"""What to open first: a score from 0 to 100, as a sum of parts that each say why.

| part | points | full when |
|---|---|---|
| severity | 35 | an alert is critical (low 4, medium 12, high 24) |
| entry | 20 | the likeliest way in is a peer that came in from outside, just before what it explains: 20 times the score of that way in; none for what merely began before the log |
| reach | 15 | many hosts were touched: 15 * (1 - 1 / hosts), times how sure it is |
| damage | 10 | a thousand programs were started and files changed after the way in: 10 * log10(1 + n) / 3, times how sure it is |
| calls | 10 | many addresses were called after the way in: 10 * (1 - 1 / (1 + n)), times how sure it is |
| agreement | 10 | many alerts tell of it: 10 * (1 - 1 / alerts) |

How sure it is that somebody came in, a fifth at least and 1 at most, is the score of that way in: everything that a host did
follows from what ran before its log began, which says nothing of an alert. Of several alerts' slices, which overlap, the
largest counts: nothing is counted twice.
"""  # noqa: E501

from __future__ import annotations

import math
from collections.abc import Mapping

from provenance.incidents.summary import Summary

SEVERITY_POINTS: Mapping[str, float] = {"low": 4.0, "medium": 12.0, "high": 24.0, "critical": 35.0}
_ENTRY, _REACH, _DAMAGE, _CALLS, _AGREEMENT = 20.0, 15.0, 10.0, 10.0, 10.0
_DECADES = 3
_LEAST_SURE = 0.2


def parts(of: Summary) -> dict[str, float]:
    """The parts of the score of an incident of which this is the summary."""
    done, peers = of.damage.programs + of.damage.files, of.damage.peers
    entry = min(of.entry, 1.0)
    sure = max(entry, _LEAST_SURE)
    points = {
        "severity": SEVERITY_POINTS[of.severity],
        "entry": _ENTRY * entry,
        "reach": _REACH * sure * (1 - 1 / max(len(of.hosts), 1)),
        "damage": _DAMAGE * sure * min(math.log10(1 + done) / _DECADES, 1.0),
        "calls": _CALLS * sure * (1 - 1 / (1 + peers)),
        "agreement": _AGREEMENT * (1 - 1 / of.count),
    }
    return {name: round(value, 3) for name, value in points.items()}


def score(of: Summary) -> float:
    """The sum of the parts."""
    return round(sum(parts(of).values()), 3)
