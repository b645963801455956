"""Suppression rules: each hides the alerts that match it, has an owner and a reason, and ends at a given time.

A rule hides an alert if all its conditions match. A hidden alert is traced like any other and can be requested; it joins no
incident and is not sent to webhooks or hooks. Hidden alerts are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from provenance.alerts.alert import Alert
from provenance.errors import UsageError
from provenance.store.globs import compile_glob

CONDITIONS: Mapping[str, Callable[[Alert], str | None]] = {
    "source": lambda alert: alert.source,
    "title": lambda alert: alert.title,
    "severity": lambda alert: alert.fields.severity,
    "host": lambda alert: alert.fields.host,
    "user": lambda alert: alert.fields.user,
    "command": lambda alert: alert.fields.process.command,
    "exe": lambda alert: alert.fields.process.exe,
    "path": lambda alert: alert.fields.file.path,
    "remote_ip": lambda alert: alert.fields.network.remote_ip,
}
"""The names of the conditions, each with the text of an alert that it tests. A missing field counts as the empty text, which
`?*` does not match."""
_LONGEST = 1_000
_WILD = frozenset("*?")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: glob patterns (`*`, `?`, `[`; case-sensitive) that must all match, in force until `until` (ms)."""

    id: str
    conditions: Mapping[str, str]
    owner: str
    reason: str
    until: int

    def hides(self, alert: Alert, at_ms: int) -> bool:
        """Whether the rule hides an alert that was raised at `at_ms`."""
        return at_ms < self.until and all(
            compile_glob(pattern).fullmatch(CONDITIONS[name](alert) or "") for name, pattern in self.conditions.items()
        )


def parse_rule(id: str, body: Mapping[str, Any], until: int) -> Rule:
    """The rule in the body of a request. Raises UsageError, which names the invalid field."""
    conditions = body.get("conditions")
    if not isinstance(conditions, Mapping) or not conditions:
        raise UsageError(f"conditions: missing: give at least one of {', '.join(CONDITIONS)}")
    for name, pattern in conditions.items():
        if name not in CONDITIONS:
            raise UsageError(f"conditions: unknown condition {str(name)[:40]!r}: expected {', '.join(CONDITIONS)}")
        if not isinstance(pattern, str) or not pattern or len(pattern) > _LONGEST:
            raise UsageError(f"conditions.{name}: invalid value: expected a text of 1 to {_LONGEST} characters")
    if all(set(pattern) <= _WILD for pattern in conditions.values()):
        raise UsageError("conditions: invalid: they match every alert")
    for name in ("owner", "reason"):
        value = body.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
            raise UsageError(f"{name}: invalid value: expected a text of 1 to {_LONGEST} characters")
    return Rule(id, dict(conditions), str(body["owner"]), str(body["reason"]), until)


def matching_rule(rules: Iterable[Rule], alert: Alert, at_ms: int) -> Rule | None:
    """The rule that hides an alert, None without one; of several rules the first by id."""
    return min((rule for rule in rules if rule.hides(alert, at_ms)), key=lambda rule: rule.id, default=None)
