"""Intake of alerts: the one way in, for the command line, REST and GraphQL.

What can be read is stored once, as a document for the queue; what cannot is stored as a dead letter with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from provenance.alerts import dead_letters, hashes
from provenance.alerts.alert import Alert
from provenance.alerts.reader import FollowingReader, Reader
from provenance.alerts.reading import Reject
from provenance.alerts.record import KIND, AlertRecord, State, queued, shown
from provenance.errors import NothingFound, UsageError
from provenance.store.documents import Documents

LETTERS = 1_000
"""Dead letters of one body: who sends a million lines of something else sees why from the first of them."""


class Submitted(NamedTuple):
    """What became of an alert that was submitted: its id, its state, and whether it was not known before."""

    id: str
    state: State
    new: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """Of each alert of a body what became of it; and its rejects, with the key of each dead letter (None when there are too
    many of those, or were more than `LETTERS` in the body)."""

    alerts: tuple[Submitted, ...]
    refused: tuple[tuple[Reject, str | None], ...]

    @property
    def new(self) -> int:
        """How many alerts are new."""
        return sum(one.new for one in self.alerts)


def submit(documents: Documents, alerts: Sequence[Alert], now_ms: int, origin: str = "") -> list[Submitted]:
    """Store alerts for the queue, all of them or, when the store fails, none: what became of each. The same (source, external
    id) is the same alert, which stays as it is. Raises StoreError."""
    new = [queued(AlertRecord(alert, now_ms, origin)) for alert in alerts]
    added = documents.add_all([*new, *hashes.entries(new)])[: len(new)]
    found: list[Submitted] = []
    for alert, is_new in zip(alerts, added, strict=True):
        known = None if is_new else documents.get(KIND, alert.id)
        found.append(Submitted(alert.id, State.QUEUED if known is None else shown(known), is_new))
    return found


def take_in(
    documents: Documents,
    reader: Reader | FollowingReader,
    body: bytes,
    format: str | None,
    now_ms: int,
    most: int | None = None,
) -> Taken:
    """Read a body and store all of it. Raises UsageError for more than `most` alerts at once, of which nothing is stored, and
    for an unknown format; StoreError."""
    reading = reader.read(body, format)
    if most is not None and len(reading.alerts) > most:
        raise UsageError(f"{len(reading.alerts)} alerts: at most {most} at once")
    done = submit(documents, reading.alerts, now_ms)
    refused: list[tuple[Reject, str | None]] = [
        (reject, dead_letters.keep(documents, reject, now_ms)) for reject in reading.rejects[:LETTERS]
    ]
    refused += ((reject, None) for reject in reading.rejects[LETTERS:])
    return Taken(tuple(done), tuple(refused))


def read_again(
    documents: Documents, reader: Reader | FollowingReader, key: str, format: str | None, now_ms: int
) -> tuple[list[Submitted], list[Reject]]:
    """Read a dead letter again, as another format when given: the alerts that it holds, and what still is rejected. It is
    removed when all of it could be read. Raises NothingFound, UsageError, StoreError."""
    letter = dead_letters.get(documents, key)
    if letter is None:
        raise NothingFound(f"no dead letter {key[:80]!r}")
    found = reader.read(letter.encoded(), format or letter.format)
    done = submit(documents, found.alerts, now_ms)
    if not found.rejects:
        documents.remove(dead_letters.KIND, key)
    return done, list(found.rejects)
