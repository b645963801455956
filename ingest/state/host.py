"""The state of one host while its log is read, and the facts derived since the last batch."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

from ..accounts import Account, pack_account
from ..clock import Clock
from ..facts import Batch, Blind, Connection, Entity, Flow, FlowKind, Name, Note
from ..identity import EntityKind, endpoint_id, local_client_id, session_id, unix_id
from .objects import LOCAL, Description, FileNode, Fork, GraphObject, Image, Login
from .unrecorded_calls import KINDS, Stretch

pack_event = struct.Struct(">QI").pack
"""An event, (ms, serial), as packed evidence."""
_flow = tuple.__new__
"""Makes a Flow without the Python frame of its own constructor: an event gives about one."""


class Host:
    """The state of one host and the facts not yet taken. `take` returns the facts; the state stays."""

    def __init__(self, name: str, reduce: bool = True) -> None:
        self.name = name
        self.reduce = reduce
        self.clock = Clock()
        self.first = 0
        self.live: dict[int, Image] = {}
        self.ended: dict[int, Image] = {}
        self.forks: dict[int, Fork] = {}
        self.threads: dict[int, int] = {}
        """The processes of threads, by the numbers of both."""
        self.thread_numbers = 0
        """Whether the kernel writes numbers of threads: UNKNOWN, WRITTEN or NOT_WRITTEN of `ingest.rules.threads`."""
        self.inodes: dict[tuple[str, str, int], FileNode] = {}
        self.paths: dict[str, FileNode] = {}
        self.named: dict[str, list[FileNode]] | None = None
        """An index of files by path, built on first use; some of the files may have lost the path since."""
        self.endpoints: dict[tuple[str, str, int], GraphObject] = {}
        self.sessions: dict[tuple[int, int], GraphObject] = {}
        self.logins: dict[int, Login] = {}
        """By session number."""
        self.elevated: dict[int, Image] = {}
        """Programs that run another in the name of another account (sudo, su), within a session, by pid."""
        self.account_names: dict[int, str] = {}
        """Names of accounts by their numbers, as far as records state both (`ingest.rules.account_names`)."""
        self.terminals: dict[str, tuple[GraphObject, GraphObject]] = {}
        self.masters: list[tuple[int, Description]] = []
        self.blinds: dict[str, list[int]] = {}
        self.unrecorded = {kind: Stretch(kind) for kind in KINDS}
        self.recorded_kinds = 0
        """The kinds of calls of which the log holds a record: the sum of their BITS (`ingest.state.unrecorded_calls`)."""
        self.records_close = False
        self.corrupt: set[bytes] = set()
        self.restarted_ms = -1
        """Time of the last event before serials started again: events that are not later belong to the former count, unless
        the clock was behind then."""
        self.boots: dict[tuple[int, int], None] = {}
        """The first event (ms, serial) of each count of serials after the first one."""
        self.daemon_records: dict[tuple[int, int], None] = {}
        """The last records of the audit daemon about itself, (ms, serial)."""
        self.lowest_serial = 0
        """The first serial since serials started."""
        self.missing: list[tuple[int, int]] = []
        """The last ranges of missing serials, each with its first and last one: an event of these is late, not read again."""
        self.daemon_ended: int | None = None
        self.moment = 0
        self.begin()

    def begin(self) -> None:
        """Start a new batch of facts."""
        self.batch = Batch(self.name)
        self.flows = self.batch.flows
        self.changed_images: dict[int, Image] = {}
        self.changed_files: dict[int, FileNode] = {}
        self.tallies = self.batch.tallies

    def emit(
        self,
        kind: FlowKind,
        source: GraphObject,
        target: GraphObject,
        first: int,
        last: int,
        evidence: bytes,
        times: int = 1,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Emit a finished flow: from `source` to `target`, at any moment of [first, last]."""
        if last > source.last_out:
            source.last_out = last
        if last > target.last_in:
            target.last_in = last
        self.flows.append(_flow(Flow, (kind, source.id, target.id, first, last, times, evidence, False, detail)))

    def count(self, what: str, amount: int = 1) -> None:
        """Add to one of the host's counters."""
        self.tallies[what] = self.tallies.get(what, 0) + amount

    def note(self, ms: int, serial: int, type: str, subject: GraphObject | None, text: str) -> None:
        """Emit a note."""
        self.batch.notes.append(Note(self.moment, ms, serial, type, subject.id if subject else None, text))

    def blind(self, why: str, first: int, last: int) -> None:
        """Emit a blind interval; the same reason again widens it. One that ends before it begins, because a clock was set back,
        is its beginning."""
        last = max(first, last)
        span = self.blinds.setdefault(why, [first, last])
        span[1] = max(span[1], last)
        self.batch.blinds.append(Blind(self.name, span[0], span[1], why))

    def emit_connection(self, image: Image, description: Description, last: int) -> None:
        """Emit one end of a connection, known to be open until `last`."""
        if description.remote is None or description.node is None:
            return
        ip, port = description.remote
        local = port == LOCAL
        self.batch.connections.append(
            Connection(
                self.name,
                description.connected_by or image.id,
                description.node.id,
                description.accepted,
                "unix" if local else description.protocol,
                ip,
                0 if local else port,
                description.local_ip,
                description.local_port,
                description.first,
                last,
            )
        )

    def describe(self, kind: EntityKind, id: int, first: int, attributes: dict[str, Any]) -> None:
        """Emit an entity and its attributes, without those that are None."""
        known = {name: value for name, value in attributes.items() if value is not None}
        self.batch.entities.append(Entity(id, kind, self.name, first, known))

    def endpoint(self, protocol: str, ip: str, port: int) -> GraphObject:
        """The node of a network address as this host sees it."""
        key = (protocol, ip, port)
        node = self.endpoints.get(key)
        if node is None:
            node = self.endpoints[key] = GraphObject(endpoint_id(self.name, protocol, ip, port))
            node.shared = True
            self.describe(EntityKind.ENDPOINT, node.id, self.moment, {"protocol": protocol, "ip": ip, "port": port})
        return node

    def unix_endpoint(self, path: str) -> GraphObject:
        """The node of an AF_UNIX address."""
        key = ("unix", path, 0)
        node = self.endpoints.get(key)
        if node is None:
            node = self.endpoints[key] = GraphObject(unix_id(self.name, path))
            self.describe(EntityKind.ENDPOINT, node.id, self.moment, {"protocol": "unix", "path": path})
        return node

    def unknown_client(self, protocol: str) -> GraphObject:
        """The node of the peer of a connection accepted now, of which no record says who it is."""
        node = GraphObject(local_client_id(self.name, self.moment))
        self.describe(EntityKind.ENDPOINT, node.id, self.moment, {"protocol": protocol})
        return node

    def session(self, auid: int, ses: int, attributes: dict[str, Any] | None = None) -> GraphObject:
        """The node of a login session."""
        node = self.sessions.get((auid, ses))
        if node is None:
            node = self.sessions[auid, ses] = GraphObject(session_id(self.name, auid, ses))
            self.describe(EntityKind.SESSION, node.id, self.moment, {"auid": auid, "ses": ses})
        if attributes:
            self.describe(EntityKind.SESSION, node.id, self.moment, attributes)
        return node

    def take(self) -> Batch:
        """Return the facts since the last call, with entities described as they are now. The state stays."""
        batch = self.batch
        batch.first, batch.last = self.first, self.moment
        for image in self.changed_images.values():
            self.describe(EntityKind.PROCESS, image.id, image.birth, _process_attributes(image))
        for file in self.changed_files.values():
            self.describe(EntityKind.FILE, file.id, file.first, _file_attributes(file))
            batch.names.extend(_names(file))
        self.begin()
        return batch


def _process_attributes(image: Image) -> dict[str, Any]:
    return {
        "pid": image.pid,
        "ppid": image.ppid,
        "argv": list(image.argv) if image.argv is not None else None,
        "command": " ".join(image.argv) if image.argv is not None else None,
        "exe": image.exe,
        "comm": image.comm,
        "cwd": image.cwd,
        "uid": image.uid,
        "euid": image.euid,
        "auid": image.auid,
        "ses": image.ses,
        "user": image.user,
        "accounts": [pack_account(account) for account in image.accounts] if image.accounts else None,
        "users": _users(image.accounts) if image.accounts else None,
        "tty": image.tty,
        "end": image.end,
        "incarnation": image.incarnation,
        "forked": image.forked,
        "observed_only": image.observed_only,
        "container": image.container,
    }


def _users(accounts: list[Account]) -> list[str]:
    """Every name and number of some accounts, each once."""
    return list(dict.fromkeys(str(value) for account in accounts for value in account[1:] if value is not None))


def _file_attributes(file: FileNode) -> dict[str, Any]:
    return {
        "path": file.born_as or None,
        "device": file.device or None,
        "inode": file.inode if file.inode >= 0 else None,
        "mode": file.mode,
        "owner": file.owner,
        "end": file.ended,
    }


def _names(file: FileNode) -> Iterable[Name]:
    return [Name(file.id, path, span[0], span[1]) for path, span in file.paths.items() if span[1] >= 0]
