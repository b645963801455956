"""One at a time: whoever changes incidents reads and writes several documents, and two who do it at once would undo each
other's work.

The turn is a document that its holder took. One whose holder died is taken over when it has not changed for a while of
the waiter's own clock: clocks of two machines are never compared.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from provenance.errors import StoreBusy
from provenance.service.jobs.lease import Leasing, Unchanged, end
from provenance.store.documents import Document, Documents

KIND, KEY = "incident-turn", "turn"
_FREE = "free"
_LEASING = Leasing(_FREE, "taken")
_DEAD_S, _WAIT_S, _LOOK_S = 10.0, 60.0, 0.02
_HERE = threading.Lock()
"""Threads of one process take turns without asking the store."""


@contextmanager
def turn(documents: Documents, wait_s: float = _WAIT_S, dead_s: float = _DEAD_S) -> Iterator[None]:
    """Have the turn while the context lasts. Raises StoreBusy when others do not let go of it for `wait_s`."""
    deadline = time.monotonic() + wait_s
    if not _HERE.acquire(timeout=wait_s):
        raise StoreBusy("incidents are being changed by another thread")
    try:
        held = _taken(documents, deadline, dead_s)
        try:
            yield
        finally:
            end(documents, held, {}, _FREE)
    finally:
        _HERE.release()


def _taken(documents: Documents, deadline: float, dead_s: float) -> Document:
    owner, unchanged = secrets.token_hex(8), Unchanged()
    while time.monotonic() < deadline:
        known = documents.get(KIND, KEY)
        if known is None:
            documents.add(KIND, KEY, {}, _FREE)
            continue
        dead = unchanged.seconds(known) > dead_s
        if (known.state == _FREE or dead) and (held := _LEASING.take_this(documents, known, owner)) is not None:
            return held
        time.sleep(_LOOK_S)
    raise StoreBusy("incidents are being changed by another server")


def sure(done: bool) -> None:
    """Raise StoreBusy when a document was changed by somebody who had not the turn."""
    if not done:
        raise StoreBusy("incidents were changed by another server meanwhile")
