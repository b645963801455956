"""The types of the schema for each kind of entity, with the properties of `provenance.model`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import strawberry

from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.ingest.facts import Flow as Run
from provenance.ingest.identity import EntityKind, session_id
from provenance.model import NODE_OF
from provenance.service.graphql.base.kinds import Side
from provenance.service.graphql.base.node import Info, field
from provenance.service.graphql.base.pages import After, Connection, First, page
from provenance.service.graphql.base.scalars import BigInt, Text, Time, moment_time
from provenance.service.graphql.base.work import Work
from provenance.service.graphql.graph.graph import Entity, common, of_kind, runs_at
from provenance.store.interface import Node as StoreNode
from provenance.store.interface import Store
from provenance.text.accounts import accounts, users_of
from provenance.text.labels import dated_hashes, dated_paths, paths
from provenance.trace.surroundings import decoded

_NEAREST_FIRST = (FlowKind.EXECUTED, FlowKind.SPAWNED)
_MOST_ANCESTORS = 64


def _property(kind: EntityKind, name: str) -> Any:
    """The field of a property, described by its meaning in the model."""
    meaning = next(known.meaning for known in NODE_OF[kind].properties if known.name == name)
    return strawberry.field(description=f"{meaning[0].upper()}{meaning[1:]}.")


def _number(node: StoreNode, name: str) -> BigInt | None:
    value = node.attributes.get(name)
    return BigInt(value) if isinstance(value, int) else None


def _big(value: int | None) -> BigInt | None:
    return None if value is None else BigInt(value)


def _texts(node: StoreNode, *names: str) -> dict[str, Any]:
    return {name: _text(node, name) for name in names}


def _text_list(node: StoreNode, name: str) -> list[Text] | None:
    values = node.attributes.get(name)
    return None if values is None else [Text(str(value)) for value in values]


def _text(node: StoreNode, name: str) -> Text | None:
    value = node.attributes.get(name)
    return None if value is None else Text(str(value))


def _end(node: StoreNode) -> Time | None:
    end = node.attributes.get("end")
    return moment_time(end) if isinstance(end, int) else None


@strawberry.type(description="A command that was hidden in an argument by an encoding.")
class Decoded:
    """A hidden command. It is only decoded, never executed."""

    encoding: str = strawberry.field(description="The encoding: base64, hex, ...")
    text: Text = strawberry.field(description="The text.")


@strawberry.type(description="An account that a process had.")
class Account:
    """An account of a process, from a moment on."""

    since: Time = strawberry.field(description="The time from which the process had it.")
    uid: BigInt | None = strawberry.field(description="Real user id.")
    euid: BigInt | None = strawberry.field(description="Effective user id.")
    auid: BigInt | None = strawberry.field(description="Login user id.")
    user: Text | None = strawberry.field(description="Name of the real user, when the log contains names.")


_P = EntityKind.PROCESS


@of_kind(_P)
@strawberry.type(description=NODE_OF[_P].meaning)
class Process(Entity):
    """A process."""

    pid: BigInt | None = _property(_P, "pid")
    ppid: BigInt | None = _property(_P, "ppid")
    argv: list[Text] | None = _property(_P, "argv")
    command: Text | None = _property(_P, "command")
    exe: Text | None = _property(_P, "exe")
    comm: Text | None = _property(_P, "comm")
    cwd: Text | None = _property(_P, "cwd")
    uid: BigInt | None = _property(_P, "uid")
    euid: BigInt | None = _property(_P, "euid")
    auid: BigInt | None = _property(_P, "auid")
    ses: BigInt | None = _property(_P, "ses")
    user: Text | None = _property(_P, "user")
    tty: Text | None = _property(_P, "tty")
    end: Time | None = _property(_P, "end")
    forked: bool = _property(_P, "forked")
    observed_only: bool = _property(_P, "observed_only")
    container: Text | None = _property(_P, "container")

    @classmethod
    def of(cls, node: StoreNode) -> Self:
        """The process of a store's node."""
        texts = ("command", "exe", "comm", "cwd", "user", "tty", "container")
        numbers: dict[str, Any] = {name: _number(node, name) for name in ("pid", "ppid", "uid", "euid", "auid", "ses")}
        return cls(
            **common(node),
            **numbers,
            **_texts(node, *texts),
            argv=_text_list(node, "argv"),
            end=_end(node),
            forked=bool(node.attributes.get("forked")),
            observed_only=bool(node.attributes.get("observed_only")),
        )

    @field("The accounts that it had, in order of time: one unless the log shows that it changed.")
    def accounts(self) -> list[Account]:
        """Its accounts."""
        return [
            Account(
                since=moment_time(one.since),
                uid=_big(one.uid),
                euid=_big(one.euid),
                auid=_big(one.auid),
                user=None if one.user is None else Text(one.user),
            )
            for one in accounts(self.node)
        ]

    @field("Every name and number of its accounts.")
    def users(self) -> list[Text]:
        """The names and numbers of its accounts."""
        return [Text(name) for name in sorted(users_of(self.node))]

    @field("The first program image of the process; null when it is not in the store.")
    async def incarnation(self, info: Info) -> Process | None:
        """The first image of the process."""
        first = self.node.attributes.get("incarnation")
        return await process(info.context, first if isinstance(first, int) else self.node.id)

    @field(
        "The process that it was forked from, or the program image that it replaced; null for a "
        "process older than the log."
    )
    async def parent(self, info: Info) -> Process | None:
        """The former image of the process, or the image of its parent."""
        found = await parents(info.context, [self.node.id])
        return Process.of(found[self.node.id]) if self.node.id in found else None

    @field("The processes that it forked, and the program image that replaced it, in order of time.")
    async def children(self, info: Info, first: First = 20, after: After = None) -> Connection[Process]:
        """A page of its children."""
        runs, complete = await runs_at(info.context, self.node.id, Side.OUTGOING)
        nodes = await info.context.nodes(children_in(runs))
        found = sorted(nodes.values(), key=lambda node: (node.first, node.id))
        total = len(found) if complete else None
        return page(found, lambda node: (node.first, node.id), Process.of, first, after, total)

    @field(f"Its parent, the parent's parent and so on, at most {_MOST_ANCESTORS}, the nearest first.")
    async def ancestors(self, info: Info) -> list[Process]:
        """The ancestors, read in one call, because each step needs the one before."""
        work = info.context
        return [Process.of(node) for node in await work.ask(lambda: _ancestors(work.store, self.node.id))]

    @field("The login session; null when it has none or the log does not show it.")
    async def session(self, info: Info) -> Session | None:
        """The login session of the process."""
        auid, ses = self.auid, self.ses
        node = None if auid is None or ses is None else await info.context.node(session_id(self.node.host, auid, ses))
        return None if node is None else Session.of(node)

    @field("Commands that were hidden in its arguments by an encoding, decoded.")
    def decoded(self) -> list[Decoded]:
        """The commands hidden in its arguments."""
        return [Decoded(encoding=found.encoding, text=Text(found.text)) for found in decoded([self.node])]


def _ancestors(store: Store, id: int) -> list[StoreNode]:
    """The ancestors of a process, nearest first."""
    line: dict[int, None] = {id: None}
    while len(line) <= _MOST_ANCESTORS:
        child = next(reversed(line))
        runs = (run for kind in _NEAREST_FIRST for run in store.flows(None, child, kind))
        parent = next((run.source for run in runs), None)
        if parent is None or parent in line:
            break
        line[parent] = None
    nodes = store.nodes(line)
    return [nodes[one] for one in list(line)[1:] if one in nodes]


async def process(work: Work, id: int) -> Process | None:
    """The process with an id, None without one."""
    node = await work.node(id)
    return Process.of(node) if node is not None and node.kind is EntityKind.PROCESS else None


async def parents(work: Work, ids: Sequence[int]) -> dict[int, StoreNode]:
    """The former image of each process, or the image of its parent, by the id of the process."""
    found = await work.incoming.load_many(list(ids))
    parent_ids: dict[int, int] = {}
    for id, runs in zip(ids, found, strict=True):
        lineage = [run for run in runs if run.kind in LINEAGE]
        if lineage:
            parent_ids[id] = min(lineage, key=lambda run: (run.kind is not FlowKind.EXECUTED, run.first)).source
    nodes = await work.nodes(list(set(parent_ids.values())))
    return {id: nodes[parent] for id, parent in parent_ids.items() if parent in nodes}


def children_in(runs: Sequence[Run]) -> list[int]:
    """The ids of the processes that a process forked and of the image that replaced it, from its outgoing runs."""
    return list(dict.fromkeys(run.target for run in runs if run.kind in LINEAGE))


@strawberry.type(description="A path that a file had.")
class FileName:
    """A path of a file, with the time span in which it is recorded."""

    path: Text = strawberry.field(description="The path.")
    first: Time = strawberry.field(description="The time when the file is first recorded under it.")
    last: Time = strawberry.field(description="The time when the file is last recorded under it.")


@strawberry.type(description="A hash of a file's content, from a record.")
class FileHash:
    """A hash of a file, with the time span in which it is recorded."""

    hash: str = strawberry.field(description="Algorithm, a colon, and hexadecimal digits in lower case.")
    first: Time = strawberry.field(description="The time of the first record with it.")
    last: Time = strawberry.field(description="The time of the last record with it.")


_F = EntityKind.FILE


@of_kind(_F)
@strawberry.type(description=NODE_OF[_F].meaning)
class File(Entity):
    """A file."""

    path: Text | None = _property(_F, "path")
    device: Text | None = _property(_F, "device")
    inode: str | None = strawberry.field(description="Inode number in decimal; null when only the path is known.")
    mode: Text | None = _property(_F, "mode")
    owner: BigInt | None = _property(_F, "owner")
    end: Time | None = _property(_F, "end")

    @classmethod
    def of(cls, node: StoreNode) -> Self:
        """The file of a store's node."""
        inode = node.attributes.get("inode")
        return cls(
            **common(node),
            **_texts(node, "path", "device", "mode"),
            inode=None if inode is None else str(inode),
            owner=_number(node, "owner"),
            end=_end(node),
        )

    @field("Every path that the file ever had, in order of time, without duplicates.")
    def paths(self) -> list[Text]:
        """Its paths."""
        return [Text(path) for path in paths(self.node)]

    @field("The file's paths, with the times when each is recorded.")
    def names(self) -> list[FileName]:
        """Its names."""
        return [
            FileName(path=Text(name.path), first=moment_time(name.first), last=moment_time(name.last))
            for name in dated_paths(self.node)
        ]

    @field(
        "The hashes of the file's content that records gave, in order of time. The kernel's integrity "
        "measurement (IMA) writes such records."
    )
    def hashes(self) -> list[FileHash]:
        """Its hashes."""
        return [
            FileHash(hash=one.path, first=moment_time(one.first), last=moment_time(one.last))
            for one in dated_hashes(self.node)
        ]


_N = EntityKind.ENDPOINT


@of_kind(_N)
@strawberry.type(description=NODE_OF[_N].meaning)
class Endpoint(Entity):
    """An endpoint."""

    protocol: Text | None = _property(_N, "protocol")
    ip: Text | None = _property(_N, "ip")
    port: BigInt | None = _property(_N, "port")
    path: Text | None = _property(_N, "path")
    listening: bool = _property(_N, "listening")
    account: Text | None = _property(_N, "account")
    fingerprint: Text | None = _property(_N, "fingerprint")
    requested: Text | None = _property(_N, "requested")
    commands: list[Text] | None = _property(_N, "commands")
    local_ip: Text | None = _property(_N, "local_ip")

    @classmethod
    def of(cls, node: StoreNode) -> Self:
        """The endpoint of a store's node."""
        return cls(
            **common(node),
            **_texts(node, "protocol", "ip", "path", "account", "fingerprint", "requested", "local_ip"),
            port=_number(node, "port"),
            commands=_text_list(node, "commands"),
            listening=bool(node.attributes.get("listening")),
        )


_I = EntityKind.PIPE


@of_kind(_I)
@strawberry.type(description=NODE_OF[_I].meaning)
class Pipe(Entity):
    """A pipe."""

    type: Text | None = _property(_I, "type")
    path: Text | None = _property(_I, "path")

    @classmethod
    def of(cls, node: StoreNode) -> Self:
        """The pipe of a store's node."""
        return cls(**common(node), type=_text(node, "type"), path=_text(node, "path"))


_S = EntityKind.SESSION


@of_kind(_S)
@strawberry.type(description=NODE_OF[_S].meaning)
class Session(Entity):
    """A session."""

    auid: BigInt | None = _property(_S, "auid")
    ses: BigInt | None = _property(_S, "ses")
    user: Text | None = _property(_S, "user")
    address: Text | None = _property(_S, "address")
    terminal: Text | None = _property(_S, "terminal")
    service: Text | None = _property(_S, "service")

    @classmethod
    def of(cls, node: StoreNode) -> Self:
        """The session of a store's node."""
        texts = ("user", "address", "terminal", "service")
        return cls(
            **common(node),
            **_texts(node, *texts),
            auid=_number(node, "auid"),
            ses=_number(node, "ses"),
        )
