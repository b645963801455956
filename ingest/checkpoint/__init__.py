"""A deriver's state as bytes, to go on from in a later run.

`save` and `load` are all that others need. `schema` says what a checkpoint holds, `types` which class each of its tables is
today, `encoding` and `decoding` lead from one to the other. `migrations` brings what earlier versions saved up to date.
A first ingest only saves: what reads a checkpoint is imported when there is one.
"""

from __future__ import annotations

from typing import NamedTuple

from ..deriver import Deriver
from . import envelope
from .encoding import content_of, encode, position_of
from .errors import CheckpointError, damaged
from .schema import VERSION

__all__ = ["VERSION", "CheckpointError", "Serials", "held_by", "load", "save", "serials_of"]


class Serials(NamedTuple):
    """The serials of a log: how often they started again, the first and last one since then, and the last ranges of missing
    ones."""

    generation: int
    first: int
    last: int
    missing: tuple[tuple[int, int], ...]


def save(source: Deriver, held: bytes = b"") -> bytes:
    """The state of a deriver, and the raw lines of events that were not complete when its input ended."""
    position = position_of(source.host.clock, source.gaps, source.last, source.last_daemon)
    return envelope.seal(VERSION, encode(content_of(source.host, position)), held)


def held_by(saved: bytes) -> bytes:
    """The raw lines that a checkpoint holds, also when nothing can go on from it. Raises CheckpointError."""
    from . import migrations

    return migrations.held_by(saved)


def load(saved: bytes, lines: bool = True) -> tuple[Deriver, bytes]:
    """The deriver that `save` was given, and the lines it held; `lines` as for a new deriver. Raises CheckpointError."""
    from . import migrations
    from .decoding import host_of

    content, held = migrations.current(saved)
    host = host_of(content)
    restored = Deriver(host.name, lines)
    position = content.position
    restored.host = host
    restored.last = (position.generation[0], position.serial[0])
    restored.last_daemon = (position.daemon_ms[0], position.daemon_serial[0])
    gaps = restored.gaps
    gaps.first, gaps.last, gaps.missing_events = (
        position.gap_first[0],
        position.gap_last_ms[0],
        position.missing_events[0],
    )
    return restored, held


def serials_of(saved: bytes) -> Serials:
    """The serials of the log that a checkpoint is of, without making its objects. Raises CheckpointError."""
    from . import migrations

    content, _ = migrations.current(saved)
    position, host, missing = content.position, content.host, content.missing
    ranges = tuple(zip(missing.first, missing.last, strict=False))
    if not position.generation or not position.serial or not host.lowest_serial:
        raise damaged("it has no host")
    return Serials(position.generation[0], host.lowest_serial[0], position.serial[0], ranges)
