"""The lock of incidents: a change reads and writes several documents, and two changes at the same time would overwrite each
other.

The lock is a leased document. If its holder died, it is taken over when it has not changed for a while by the waiter's own
clock: clocks of two machines are never compared.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from provenance.errors import StoreBusy
from provenance.service.jobs.lease import ChangeTimer, LeasePolicy, end
from provenance.store.documents import Document, Documents

KIND, KEY = "incident-turn", "turn"
_FREE = "free"
_LEASES = LeasePolicy(_FREE, "taken")
_DEAD_S, _WAIT_S, _POLL_S = 10.0, 60.0, 0.02
_THREADS = threading.Lock()
"""Excludes the other threads of this process, without a read of the store."""


@contextmanager
def incident_lock(documents: Documents, wait_s: float = _WAIT_S, dead_s: float = _DEAD_S) -> Iterator[None]:
    """Holds the lock while the context lasts. Raises StoreBusy if it is not free within `wait_s`."""
    deadline = time.monotonic() + wait_s
    if not _THREADS.acquire(timeout=wait_s):
        raise StoreBusy("another thread is changing incidents")
    try:
        leased = _acquire(documents, deadline, dead_s)
        try:
            yield
        finally:
            end(documents, leased, {}, _FREE)
    finally:
        _THREADS.release()


def _acquire(documents: Documents, deadline: float, dead_s: float) -> Document:
    owner, timer = secrets.token_hex(8), ChangeTimer()
    while time.monotonic() < deadline:
        known = documents.get(KIND, KEY)
        if known is None:
            documents.add(KIND, KEY, {}, _FREE)
            continue
        dead = timer.seconds(known) > dead_s
        if (known.state == _FREE or dead) and (leased := _LEASES.take_document(documents, known, owner)) is not None:
            return leased
        time.sleep(_POLL_S)
    raise StoreBusy("another server is changing incidents")


def require_written(written: bool) -> None:
    """Raises StoreBusy if a document was not written, because a server without the lock had changed it."""
    if not written:
        raise StoreBusy("another server changed incidents meanwhile")
