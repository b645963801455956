"""The score of an incident, which orders what to open first: 0 to 100, the sum of parts.

| part | points | how they are computed |
|---|---|---|
| severity | 35 | of the most severe alert: critical 35, high 24, medium 12, low 4 |
| entry | 20 | 20 * the score of the most probable way in, if it is a peer or a login; 0 if it is a process that started before the log |
| reach | 15 | 15 * (1 - 1 / hosts) * certainty, for the number of hosts reached |
| damage | 10 | 10 * log10(1 + n) / 3 * certainty, at most 10, for n programs started and files changed after the way in |
| calls | 10 | 10 * (1 - 1 / (1 + n)) * certainty, for n addresses contacted after the way in |
| agreement | 10 | 10 * (1 - 1 / alerts), for the number of alerts |

The certainty is the score of the way in, from 0.2 to 1: what a host did after a process that started before its log says
little about an alert. The slices of an incident's alerts overlap, so only the largest counts: nothing is counted twice.
"""  # noqa: E501

from __future__ import annotations

import math
from collections.abc import Mapping

from provenance.incidents.summary import Summary

SEVERITY_POINTS: Mapping[str, float] = {"low": 4.0, "medium": 12.0, "high": 24.0, "critical": 35.0}
_ENTRY, _REACH, _DAMAGE, _CALLS, _AGREEMENT = 20.0, 15.0, 10.0, 10.0, 10.0
_DECADES = 3
_LEAST_CERTAIN = 0.2


def parts(of: Summary) -> dict[str, float]:
    """The parts of the score of the incident with this summary, by name."""
    done, peers = of.damage.programs + of.damage.files, of.damage.peers
    entry = min(of.entry, 1.0)
    certainty = max(entry, _LEAST_CERTAIN)
    points = {
        "severity": SEVERITY_POINTS[of.severity],
        "entry": _ENTRY * entry,
        "reach": _REACH * certainty * (1 - 1 / max(len(of.hosts), 1)),
        "damage": _DAMAGE * certainty * min(math.log10(1 + done) / _DECADES, 1.0),
        "calls": _CALLS * certainty * (1 - 1 / (1 + peers)),
        "agreement": _AGREEMENT * (1 - 1 / of.count),
    }
    return {name: round(value, 3) for name, value in points.items()}


def score(of: Summary) -> float:
    """The score: the sum of the parts."""
    return round(sum(parts(of).values()), 3)
