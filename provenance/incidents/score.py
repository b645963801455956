"""What to open first: a score from 0 to 100, as a sum of parts that each say why.

| part | points | full when |
|---|---|---|
| severity | 40 | an alert is critical (low 5, medium 14, high 27) |
| entry | 20 | the likeliest way in is a peer that came in from outside, just before what it explains: 20 times the score of that way in; none for what merely began before the log |
| reach | 15 | many hosts were touched: 15 * (1 - 1 / hosts) |
| damage | 15 | a thousand things were done after the way in: 15 * log10(1 + n) / 3, where n counts programs started, files changed and, ten times, addresses called |
| agreement | 10 | many alerts tell of it: 10 * (1 - 1 / alerts) |

Of several alerts' slices, which overlap, the largest counts: nothing is counted twice.
"""  # noqa: E501

from __future__ import annotations

import math
from collections.abc import Mapping

from provenance.incidents.summary import Summary

SEVERITY_POINTS: Mapping[str, float] = {"low": 5.0, "medium": 14.0, "high": 27.0, "critical": 40.0}
_ENTRY, _REACH, _DAMAGE, _AGREEMENT = 20.0, 15.0, 15.0, 10.0
_DECADES = 3


def parts(of: Summary) -> dict[str, float]:
    """The parts of the score of an incident of which this is the summary."""
    points = {
        "severity": SEVERITY_POINTS[of.severity],
        "entry": _ENTRY * min(of.entry, 1.0),
        "reach": _REACH * (1 - 1 / max(len(of.hosts), 1)),
        "damage": _DAMAGE * min(math.log10(1 + of.damage.done) / _DECADES, 1.0),
        "agreement": _AGREEMENT * (1 - 1 / of.count),
    }
    return {name: round(value, 3) for name, value in points.items()}


def score(of: Summary) -> float:
    """The sum of the parts."""
    return round(sum(parts(of).values()), 3)
