"""The live servers of a store: each has a document, a heartbeat, that it changes regularly.

Whether a server on the same machine is alive is read from /proc, so that the work of a killed server continues at once after a
restart. A server on another machine counts as dead if its document has not changed for a minute of the observer's own clock:
clocks of two machines are never compared.
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

from provenance.service.jobs.lease import ChangeTimer
from provenance.store.documents import Document, Documents

KIND = "server"
_DEAD_S = 60.0
_LIVE: set[str] = set()
"""Servers of this process."""


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """The record of a server: its machine (`_machine`), its process id, and the start of its process (`_start_of`)."""

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
    """This server and its view of the other servers. Threads may share it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.id = f"s{secrets.token_hex(8)}"
        self._lock = threading.Lock()
        self._timer = ChangeTimer(clock)
        self._ended = False

    def begin(self, documents: Documents) -> None:
        """Stores the document of this server."""
        _LIVE.add(self.id)
        pid = os.getpid()
        documents.add(KIND, self.id, ServerRecord(_machine(), pid, _start_of(pid)).to_body())

    def beat(self, documents: Documents) -> None:
        """Writes a heartbeat: changes the document of this server."""
        with self._lock:
            if self._ended:
                return
            known = documents.get(KIND, self.id)
            if known is None:
                self.begin(documents)
            else:
                documents.replace(known)

    def end(self, documents: Documents) -> None:
        """Removes the document of this server, which takes no more work and holds none."""
        with self._lock:
            self._ended = True
            _LIVE.discard(self.id)
            documents.remove(KIND, self.id)

    def is_alive(self, documents: Documents, owner: str) -> bool:
        """Whether a server is alive. The document of a dead server is removed."""
        known = documents.get(KIND, owner)
        if known is None:
            return False
        record = ServerRecord.of(known)
        alive = _runs_here(owner, record) if record.machine == _machine() else self._has_changed(known)
        if not alive:
            documents.remove(KIND, owner)
        return alive

    def _has_changed(self, known: Document) -> bool:
        with self._lock:
            return self._timer.seconds(known) < _DEAD_S


def _runs_here(id: str, server: ServerRecord) -> bool:
    if server.pid == os.getpid():
        return id in _LIVE
    start = _start_of(server.pid)
    return bool(start) and start == server.started


def _start_of(pid: int) -> str:
    """The start of a process in ticks since boot (proc(5), the 22nd field of stat); empty without such a process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def _machine() -> str:
    """An id of this machine since its boot and of this container's pid namespace."""
    parts = [socket.gethostname()]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii"))
        parts.append(str(Path("/proc/self/ns/pid").stat().st_ino))
    except OSError:
        parts.append(secrets.token_hex(8))
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
