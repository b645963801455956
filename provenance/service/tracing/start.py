"""The record of a started trace: its request, progress and failure, as a store holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from provenance.investigation.selecting import StartSelection
from provenance.service.tracing.watched_store import Progress
from provenance.service.tracing.wire import read_runs, runs_json
from provenance.store.documents import Document
from provenance.store.interface import Direction
from provenance.trace.slice.budget import MOST_STEPS, Budget


@dataclass(frozen=True, slots=True)
class StartRequest:
    """The request of a started trace; `at` in ms since the epoch, `seconds` its time limit, `steps` the most steps of the story
    (None: every step)."""

    direction: Direction
    start: StartSelection
    at: int | None
    budget: Budget
    seconds: float
    steps: int | None = MOST_STEPS

    @classmethod
    def of(cls, stored: list[Any]) -> StartRequest:
        """The request from the JSON values of `as_json`."""
        direction, start, at, budget, seconds, *steps = stored
        return cls(Direction(direction), StartSelection(**start), at, Budget(*budget), seconds, *steps)

    def as_json(self) -> list[Any]:
        """The request as JSON values."""
        budget = [self.budget.nodes, self.budget.edges, self.budget.depth]
        return [self.direction.value, asdict(self.start), self.at, budget, self.seconds, self.steps]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a started trace has no result: a code for programs, the reason, and details for a better request."""

    code: str
    reason: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartedTrace:
    """A started trace: its request, who started it, when (ms), its progress at the last report, and its failure, if it failed."""

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
            "path": runs_json(progress.path),
        }
        if failure is not None:
            body["error"] = [failure.code, failure.reason, dict(failure.details)]
        return body
