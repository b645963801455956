"""The records of suppression: a rule (kind `suppression`, state on or off), and a hidden alert (kind `suppressed`, whose state is
the id of the rule)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provenance.service.suppression.rules import Rule
from provenance.store.documents import Document

RULE, HIDDEN = "suppression", "suppressed"
ON, OFF = "on", "off"


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """A rule, who created or last changed it, and when it was created, changed and withdrawn (ms)."""

    rule: Rule
    by: str
    created: int
    changed: int | None = None
    withdrawn: int | None = None

    @classmethod
    def of(cls, document: Document) -> RuleRecord:
        """The record that a document holds. Rules are checked before they are stored."""
        body = document.body
        conditions, until = dict(body["conditions"]), int(body["until"])
        rule = Rule(document.key, conditions, str(body["owner"]), str(body["reason"]), until)
        return cls(rule, str(body["by"]), int(body["created"]), body.get("changed"), body.get("withdrawn"))

    def to_body(self) -> dict[str, Any]:
        """The body of its document."""
        rule = self.rule
        body = {
            "conditions": dict(rule.conditions),
            "owner": rule.owner,
            "reason": rule.reason,
            "until": rule.until,
            "by": self.by,
            "created": self.created,
        }
        later = {"changed": self.changed, "withdrawn": self.withdrawn}
        return body | {name: at for name, at in later.items() if at is not None}

    @property
    def ended(self) -> int:
        """The time (ms) from which the rule hides no alerts."""
        return self.rule.until if self.withdrawn is None else min(self.withdrawn, self.rule.until)


@dataclass(frozen=True, slots=True)
class HiddenRecord:
    """A hidden alert: its source, its id there, its title, the time it was raised (ms), and the id of the rule."""

    source: str
    external_id: str
    title: str
    raised: int
    rule: str

    @classmethod
    def of(cls, document: Document) -> HiddenRecord:
        """The record that a document holds."""
        body = document.body
        return cls(body["source"], body["id"], body["title"], int(body["time"]), body["rule"])

    def to_body(self) -> dict[str, Any]:
        """The body of its document."""
        return {
            "source": self.source,
            "id": self.external_id,
            "title": self.title,
            "time": self.raised,
            "rule": self.rule,
        }
