"""A trace that somebody started: what was requested, and the record of it that a store holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from provenance.investigation.selecting import StartSelection
from provenance.service.tracing.watched import Progress
from provenance.service.tracing.wire import read_runs, write_runs
from provenance.store.documents import Document
from provenance.store.interface import Direction
from provenance.trace.budget import Budget


@dataclass(frozen=True, slots=True)
class StartRequest:
    """What is to be traced: `at` in ms since the epoch, `seconds` how long it may take."""

    direction: Direction
    start: StartSelection
    at: int | None
    budget: Budget
    seconds: float

    @classmethod
    def of(cls, stored: list[Any]) -> StartRequest:
        """The request from the JSON values of `as_json`."""
        direction, start, at, budget, seconds = stored
        return cls(Direction(direction), StartSelection(**start), at, Budget(*budget), seconds)

    def as_json(self) -> list[Any]:
        """As JSON values."""
        budget = [self.budget.nodes, self.budget.edges, self.budget.depth]
        return [self.direction.value, asdict(self.start), self.at, budget, self.seconds]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a trace has no result: a code for machines, the reason, and what helps to ask better."""

    code: str
    reason: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartedTrace:
    """A trace that was started: by whom, when (ms), how far it was at the last report, and why it failed, if it did."""

    request: StartRequest
    by: str
    started: int
    progress: Progress = field(default_factory=Progress)
    failure: Failure | None = None

    @classmethod
    def of(cls, document: Document) -> StartedTrace:
        """The record that a document holds."""
        body = document.body
        entities, runs = body["seen"]
        progress = Progress(entities, runs, read_runs(body["path"]))
        failure = Failure(*body["error"]) if "error" in body else None
        return cls(StartRequest.of(body["asked"]), str(body["by"]), int(body["started"]), progress, failure)

    def to_body(self) -> dict[str, Any]:
        """The body of its document."""
        progress, failure = self.progress, self.failure
        body = {
            "asked": self.request.as_json(),
            "by": self.by,
            "started": self.started,
            "seen": [progress.entities, progress.runs],
            "path": write_runs(progress.path),
        }
        if failure is not None:
            body["error"] = [failure.code, failure.reason, dict(failure.details)]
        return body
