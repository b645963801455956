"""Which servers of a store live: each keeps a document that it changes again and again.

A server on the same machine is asked of the kernel, so that one killed and started again goes on at once. Others count as
dead when their document has not changed for a minute of the observer's own clock: clocks of two machines are never compared.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from provenance.service.jobs.lease import Unchanged
from provenance.store.documents import Document, Documents

KIND = "server"
_DEAD_S = 60.0
_LIVE: set[str] = set()
"""Servers of this process."""


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """What a server says of itself: its machine (`_machine`), its process, and when that began (`_started`)."""

    machine: str
    pid: int
    started: str

    @classmethod
    def of(cls, document: Document) -> ServerRecord:
        """The record that a document holds."""
        body = document.body
        return cls(str(body["machine"]), int(body["pid"]), str(body["started"]))

    def to_body(self) -> dict[str, Any]:
        """The body of its document."""
        return {"machine": self.machine, "pid": self.pid, "started": self.started}


class Servers:
    """This server, and what it sees of the others. Threads may share it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.id = f"s{secrets.token_hex(8)}"
        self._lock = threading.Lock()
        self._unchanged = Unchanged(clock)
        self._ended = False

    def begin(self, documents: Documents) -> None:
        """Say that this server lives."""
        _LIVE.add(self.id)
        pid = os.getpid()
        documents.add(KIND, self.id, ServerRecord(_machine(), pid, _started(pid)).to_body())

    def beat(self, documents: Documents) -> None:
        """Say so again."""
        with self._lock:
            if self._ended:
                return
            known = documents.get(KIND, self.id)
            if known is None:
                self.begin(documents)
            else:
                documents.replace(known)

    def end(self, documents: Documents) -> None:
        """This server takes nothing any more and has nothing left."""
        with self._lock:
            self._ended = True
            _LIVE.discard(self.id)
            documents.remove(KIND, self.id)

    def lives(self, documents: Documents, owner: str) -> bool:
        """Whether a server may still be at work."""
        known = documents.get(KIND, owner)
        if known is None:
            return False
        record = ServerRecord.of(known)
        alive = _runs(owner, record) if record.machine == _machine() else self._moved(known)
        if not alive:
            documents.remove(KIND, owner)
        return alive

    def _moved(self, known: Document) -> bool:
        with self._lock:
            return self._unchanged.seconds(known) < _DEAD_S


def _runs(id: str, server: ServerRecord) -> bool:
    if server.pid == os.getpid():
        return id in _LIVE
    started = _started(server.pid)
    return bool(started) and started == server.started


def _started(pid: int) -> str:
    """When a process began, in ticks since boot (proc(5), the 22nd field of stat); empty when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def _machine() -> str:
    """What tells this machine since its boot, and this container's processes, from all others."""
    parts = [socket.gethostname()]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii"))
        parts.append(str(Path("/proc/self/ns/pid").stat().st_ino))
    except OSError:
        parts.append(secrets.token_hex(8))
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
