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
from collections.abc import Mapping, Sequence

from provenance.incidents.traced import Damage, TracedAlert

SEVERITY_POINTS: Mapping[str, float] = {"low": 5.0, "medium": 14.0, "high": 27.0, "critical": 40.0}
_ENTRY, _REACH, _DAMAGE, _AGREEMENT = 20.0, 15.0, 15.0, 10.0
_PEER_WEIGHT, _DECADES = 10, 3


def score(alerts: Sequence[TracedAlert]) -> dict[str, float]:
    """The parts of the score of these alerts as one incident; their sum is the score."""
    hosts = {host for alert in alerts for host in alert.hosts}
    entry = max((way.score for alert in alerts for way in alert.ways[:1] if way.outside), default=0.0)
    done = max(_done(alert.damage) for alert in alerts)
    parts = {
        "severity": max(SEVERITY_POINTS[alert.severity] for alert in alerts),
        "entry": _ENTRY * min(entry, 1.0),
        "reach": _REACH * (1 - 1 / max(len(hosts), 1)),
        "damage": _DAMAGE * min(math.log10(1 + done) / _DECADES, 1.0),
        "agreement": _AGREEMENT * (1 - 1 / len(alerts)),
    }
    return {name: round(points, 3) for name, points in parts.items()}


def _done(damage: Damage) -> int:
    return damage.programs + damage.files + _PEER_WEIGHT * damage.peers
