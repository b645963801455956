"""The parts of an alert's result, as its record stores them: its candidates, the summary that later results are compared with,
and the differences that were found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredCandidate:
    """An entity (`node`) or flow (`edge`; None for an entity) that an alert may be about, by its id, with a score from 0 to 1 and
    the reason."""

    node: str
    edge: str | None
    score: float
    reason: str

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> StoredCandidate:
        """The candidate from the JSON of `to_json`."""
        return cls(str(stored["node"]), stored.get("edge"), stored["score"], str(stored["reason"]))

    def to_json(self) -> dict[str, Any]:
        """The candidate as JSON."""
        return {"node": self.node, "edge": self.edge, "score": self.score, "reason": self.reason}


def anchor_json(candidates: Sequence[StoredCandidate]) -> dict[str, Any]:
    """The candidates of an alert as JSON, as `GET /alerts/ID` answers its anchor."""
    return {"candidates": [candidate.to_json() for candidate in candidates]}


def read_anchor(stored: Mapping[str, Any]) -> tuple[StoredCandidate, ...]:
    """The candidates from the JSON of `anchor_json`."""
    return tuple(StoredCandidate.of(candidate) for candidate in stored["candidates"])


@dataclass(frozen=True, slots=True)
class ResultSummary:
    """What is compared with the next result: the ids of the entities that the alert is about (None in results of an earlier
    version) and the label of the first, the id and label of the most probable way in, the numbers of entities of the backward
    and the forward trace, the hosts in order of name, and a digest of the flows."""

    about: tuple[str, ...] | None
    about_label: str | None
    entry: str | None
    entry_label: str | None
    backward: int
    forward: int
    hosts: tuple[str, ...]
    digest: str

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> ResultSummary:
        """The summary from the JSON of `to_json`."""
        return cls(
            about=tuple(stored["about"]) if "about" in stored else None,
            about_label=stored.get("about_label"),
            entry=stored["entry"],
            entry_label=stored["entry_label"],
            backward=stored["backward"],
            forward=stored["forward"],
            hosts=tuple(stored["hosts"]),
            digest=stored["digest"],
        )

    def to_json(self) -> dict[str, Any]:
        """The summary as JSON."""
        about = {} if self.about is None else {"about": list(self.about), "about_label": self.about_label}
        return about | {
            "entry": self.entry,
            "entry_label": self.entry_label,
            "backward": self.backward,
            "forward": self.forward,
            "hosts": list(self.hosts),
            "digest": self.digest,
        }


@dataclass(frozen=True, slots=True)
class ResultChange:
    """A difference of a result from the former one, which later logs caused; `time` (ms since the epoch) is when the result was
    computed again."""

    time: int
    text: str

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> ResultChange:
        """The change from the JSON of `to_json`."""
        return cls(int(stored["time"]), str(stored["text"]))

    def to_json(self) -> dict[str, Any]:
        """The change as JSON."""
        return {"time": self.time, "text": self.text}
