"""Decisions of analysts: which alerts belong to one incident and which do not. Every regrouping follows them.

The latest decision applies completely, an older one as far as no later one contradicts it. Two alerts that a decision put
into two groups are never in one incident, whatever ties them, until a later decision puts them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision: the alerts of each group belong together, and those of different groups do not."""

    groups: tuple[tuple[str, ...], ...]

    @property
    def alerts(self) -> frozenset[str]:
        """The ids of all alerts of the decision."""
        return frozenset(alert for group in self.groups for alert in group)


class Clusters:
    """Clusters of alerts, some pairs of which are kept apart and never joined."""

    def __init__(self, alerts: Iterable[str]) -> None:
        self._parent = {alert: alert for alert in alerts}
        self._apart: dict[str, set[str]] = {}

    def root(self, alert: str) -> str:
        """The id of the alert that represents the cluster of `alert`."""
        while (parent := self._parent[alert]) != alert:
            self._parent[alert] = parent = self._parent[parent]
            alert = parent
        return alert

    def join(self, one: str, other: str) -> bool:
        """Joins the clusters of two alerts. Returns False, and changes nothing, when they are kept apart."""
        target, joined = sorted((self.root(one), self.root(other)))
        if target == joined:
            return True
        if joined in self._apart.get(target, ()):
            return False
        self._parent[joined] = target
        for separate in self._apart.pop(joined, set()):
            self._apart[separate].discard(joined)
            self._keep_apart(target, separate)
        return True

    def part(self, one: str, other: str) -> None:
        """Keeps the clusters of two alerts apart from now on; does nothing when they are one cluster."""
        first, second = self.root(one), self.root(other)
        if first != second:
            self._keep_apart(first, second)

    def _keep_apart(self, one: str, other: str) -> None:
        self._apart.setdefault(one, set()).add(other)
        self._apart.setdefault(other, set()).add(one)

    def all(self) -> list[tuple[str, ...]]:
        """All clusters, each as the ids of its alerts in order."""
        found: dict[str, list[str]] = {}
        for alert in sorted(self._parent):
            found.setdefault(self.root(alert), []).append(alert)
        return [tuple(cluster) for cluster in found.values()]


def apply(clusters: Clusters, known: frozenset[str], decisions: Sequence[Decision]) -> None:
    """Applies decisions, given in the order in which they were made, to clusters: the latest first. Alerts that are not in
    `known` are ignored."""
    for decision in reversed(decisions):
        groups = [[alert for alert in group if alert in known] for group in decision.groups]
        groups = [group for group in groups if group]
        for group in groups:
            for alert in group[1:]:
                clusters.join(group[0], alert)
        _part_all(clusters, groups)


def _part_all(clusters: Clusters, groups: Sequence[Sequence[str]]) -> None:
    """Keeps groups apart. The alerts of a group may be in several clusters, where a later decision split it."""
    for number, group in enumerate(groups):
        for other in groups[number + 1 :]:
            for one in {clusters.root(alert) for alert in group}:
                for two in {clusters.root(alert) for alert in other}:
                    clusters.part(one, two)
