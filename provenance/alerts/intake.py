"""Intake of alerts, shared by the command line, REST and GraphQL.

Each alert of a body is stored once, as a document in the queue. A rejected part is stored as a dead letter with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from provenance.alerts import dead_letters, hashes
from provenance.alerts.alert import Alert
from provenance.alerts.reader import FollowingReader, Reader
from provenance.alerts.reading import Reject
from provenance.alerts.record import KIND, AlertRecord, State, new_document, visible_state
from provenance.errors import NothingFound, UsageError
from provenance.store.documents import Documents

MOST_DEAD_LETTERS = 1_000
"""The most dead letters of one body: a sender of a million invalid lines sees the reason from the first of them."""


class Submitted(NamedTuple):
    """A submitted alert: its id, its state, and whether it is new."""

    id: str
    state: State
    new: bool


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """The result of the intake of a body: its alerts, and its rejects with the key of each dead letter (None for a reject that
    was not stored, because there are too many dead letters or more than `MOST_DEAD_LETTERS` in the body)."""

    alerts: tuple[Submitted, ...]
    rejects: tuple[tuple[Reject, str | None], ...]

    @property
    def new(self) -> int:
        """How many alerts are new."""
        return sum(one.new for one in self.alerts)


def submit(documents: Documents, alerts: Sequence[Alert], now_ms: int, origin: str = "") -> list[Submitted]:
    """Puts alerts into the queue: all of them, or none if the store fails. An alert with a known (source, external id) is not
    stored again. Raises StoreError."""
    new = [new_document(AlertRecord(alert, now_ms, origin)) for alert in alerts]
    added = documents.add_all([*new, *hashes.index_documents(new)])[: len(new)]
    submitted: list[Submitted] = []
    for alert, is_new in zip(alerts, added, strict=True):
        known = None if is_new else documents.get(KIND, alert.id)
        submitted.append(Submitted(alert.id, State.QUEUED if known is None else visible_state(known), is_new))
    return submitted


def receive(
    documents: Documents,
    reader: Reader | FollowingReader,
    body: bytes,
    format: str | None,
    now_ms: int,
    most: int | None = None,
) -> IntakeResult:
    """Reads a body and stores its alerts and rejects. Raises UsageError for an unknown format and for more than `most` alerts at
    once, of which none is stored; StoreError."""
    reading = reader.read(body, format)
    if most is not None and len(reading.alerts) > most:
        raise UsageError(f"too many alerts: {len(reading.alerts)}, at most {most} at once are allowed")
    submitted = submit(documents, reading.alerts, now_ms)
    rejects: list[tuple[Reject, str | None]] = [
        (reject, dead_letters.add(documents, reject, now_ms)) for reject in reading.rejects[:MOST_DEAD_LETTERS]
    ]
    rejects += ((reject, None) for reject in reading.rejects[MOST_DEAD_LETTERS:])
    return IntakeResult(tuple(submitted), tuple(rejects))


def read_again(
    documents: Documents, reader: Reader | FollowingReader, key: str, format: str | None, now_ms: int
) -> tuple[list[Submitted], list[Reject]]:
    """Reads a dead letter again, as `format` if given, and returns its alerts and what is still rejected. The dead letter is
    removed if nothing of it is rejected. Raises NothingFound, UsageError, StoreError."""
    letter = dead_letters.get(documents, key)
    if letter is None:
        raise NothingFound(f"unknown dead letter {key[:80]!r}")
    reading = reader.read(letter.encode(), format or letter.format)
    submitted = submit(documents, reading.alerts, now_ms)
    if not reading.rejects:
        documents.remove(dead_letters.KIND, key)
    return submitted, list(reading.rejects)
