"""What people decided: these alerts belong together, those do not. Decisions hold through every recomputation.

The latest decision is kept whole; an older one is kept where no later one says otherwise. Two alerts that were put into two
groups are never in one incident, whatever ties them, until a later decision puts them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """The alerts of each group belong together. With several groups, no two groups do."""

    groups: tuple[tuple[str, ...], ...]

    @property
    def alerts(self) -> frozenset[str]:
        """The alerts that it speaks of."""
        return frozenset(alert for group in self.groups for alert in group)


class Clusters:
    """Alerts in clusters, some of which must never be joined."""

    def __init__(self, alerts: Iterable[str]) -> None:
        self._parent = {alert: alert for alert in alerts}
        self._apart: dict[str, set[str]] = {}

    def root(self, alert: str) -> str:
        """The alert that stands for the cluster of `alert`."""
        while (parent := self._parent[alert]) != alert:
            self._parent[alert] = parent = self._parent[parent]
            alert = parent
        return alert

    def join(self, one: str, other: str) -> bool:
        """Make one cluster of two; False, and nothing changed, when that must not be."""
        kept, gone = sorted((self.root(one), self.root(other)))
        if kept == gone:
            return True
        if gone in self._apart.get(kept, ()):
            return False
        self._parent[gone] = kept
        for enemy in self._apart.pop(gone, set()):
            self._apart[enemy].discard(gone)
            self._keep_apart(kept, enemy)
        return True

    def part(self, one: str, other: str) -> None:
        """Never join two clusters from now on. What is one cluster stays one."""
        first, second = self.root(one), self.root(other)
        if first != second:
            self._keep_apart(first, second)

    def _keep_apart(self, one: str, other: str) -> None:
        self._apart.setdefault(one, set()).add(other)
        self._apart.setdefault(other, set()).add(one)

    def all(self) -> list[tuple[str, ...]]:
        """The clusters, each in order."""
        found: dict[str, list[str]] = {}
        for alert in sorted(self._parent):
            found.setdefault(self.root(alert), []).append(alert)
        return [tuple(cluster) for cluster in found.values()]


def apply(clusters: Clusters, known: frozenset[str], decisions: Sequence[Decision]) -> None:
    """Do what was decided, in the order in which it was; alerts that are not `known` are passed over."""
    for decision in reversed(decisions):
        groups = [[alert for alert in group if alert in known] for group in decision.groups]
        groups = [group for group in groups if group]
        for group in groups:
            for alert in group[1:]:
                clusters.join(group[0], alert)
        _part_all(clusters, groups)


def _part_all(clusters: Clusters, groups: Sequence[Sequence[str]]) -> None:
    """An older group may lie in several clusters, where a later decision parted it."""
    for number, group in enumerate(groups):
        for other in groups[number + 1 :]:
            for one in {clusters.root(alert) for alert in group}:
                for two in {clusters.root(alert) for alert in other}:
                    clusters.part(one, two)
