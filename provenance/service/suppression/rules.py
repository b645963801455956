"""Suppression: alerts that somebody answers for not wanting to see, until a day that is named. What is hidden is counted.

A rule hides an alert when all its conditions hold. A hidden alert is traced like any other and can be asked for; it joins
no incident, and nobody is told of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from provenance.alerts.alert import Alert
from provenance.errors import UsageError

CONDITIONS: Mapping[str, tuple[str, ...]] = {
    "source": (),
    "title": (),
    "severity": ("severity",),
    "host": ("host",),
    "user": ("user",),
    "command": ("process", "command"),
    "exe": ("process", "exe"),
    "path": ("file", "path"),
    "remote_ip": ("network", "remote_ip"),
}
"""What a condition may ask, and where an alert has it."""
_LONGEST = 1_000
_WILD = frozenset("*?")


@dataclass(frozen=True, slots=True)
class Rule:
    """Glob patterns (`*`, `?`, `[`; upper and lower case differ) that must all match, in force before `until` (ms)."""

    id: str
    conditions: Mapping[str, str]
    owner: str
    reason: str
    until: int

    def hides(self, alert: Alert, at_ms: int) -> bool:
        """Whether an alert that was raised at a moment is hidden."""
        return at_ms < self.until and all(
            fnmatchcase(_said(alert, name), pattern) for name, pattern in self.conditions.items()
        )


def rule(id: str, body: Mapping[str, Any], until: int) -> Rule:
    """A rule out of what somebody wrote. Raises UsageError naming the field."""
    conditions = body.get("conditions")
    if not isinstance(conditions, Mapping) or not conditions:
        raise UsageError(f"conditions: at least one of {', '.join(CONDITIONS)}")
    for name, pattern in conditions.items():
        if name not in CONDITIONS:
            raise UsageError(f"conditions: there is no {str(name)[:40]!r}; there are {', '.join(CONDITIONS)}")
        if not isinstance(pattern, str) or not pattern or len(pattern) > _LONGEST:
            raise UsageError(f"conditions.{name}: a text of 1 to {_LONGEST} characters")
    if all(set(pattern) <= _WILD for pattern in conditions.values()):
        raise UsageError("conditions: these match everything")
    for name in ("owner", "reason"):
        said = body.get(name)
        if not isinstance(said, str) or not said.strip() or len(said) > _LONGEST:
            raise UsageError(f"{name}: a text of 1 to {_LONGEST} characters")
    return Rule(id, dict(conditions), str(body["owner"]), str(body["reason"]), until)


def hiding(rules: Iterable[Rule], alert: Alert, at_ms: int) -> Rule | None:
    """The rule that hides an alert: of several, the first by id."""
    return min((rule for rule in rules if rule.hides(alert, at_ms)), key=lambda rule: rule.id, default=None)


def _said(alert: Alert, name: str) -> str:
    """What an alert has for a condition; an alert without it has the empty text, which `?*` does not match."""
    if name == "source":
        return alert.source
    if name == "title":
        return alert.title
    value: Any = alert.body
    for key in CONDITIONS[name]:
        value = value.get(key) if isinstance(value, Mapping) else None
    return "" if value is None else str(value)
