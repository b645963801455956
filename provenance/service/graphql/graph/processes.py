"""The type of the schema for processes: their accounts, ancestors, children, session and hidden commands."""

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
from provenance.service.graphql.graph.entities import Session
from provenance.service.graphql.graph.graph import Entity, common, of_kind, runs_at
from provenance.service.graphql.graph.properties import (
    end_of,
    model_property,
    number_of,
    text_list_of,
    texts_of,
)
from provenance.store.interface import Node as StoreNode
from provenance.store.interface import Store
from provenance.text.accounts import accounts, users_of
from provenance.trace.surroundings import decoded

_NEAREST_FIRST = (FlowKind.EXECUTED, FlowKind.SPAWNED)
_MOST_ANCESTORS = 64


def _big(value: int | None) -> BigInt | None:
    return None if value is None else BigInt(value)


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

    pid: BigInt | None = model_property(_P, "pid")
    ppid: BigInt | None = model_property(_P, "ppid")
    argv: list[Text] | None = model_property(_P, "argv")
    command: Text | None = model_property(_P, "command")
    exe: Text | None = model_property(_P, "exe")
    comm: Text | None = model_property(_P, "comm")
    cwd: Text | None = model_property(_P, "cwd")
    uid: BigInt | None = model_property(_P, "uid")
    euid: BigInt | None = model_property(_P, "euid")
    auid: BigInt | None = model_property(_P, "auid")
    ses: BigInt | None = model_property(_P, "ses")
    user: Text | None = model_property(_P, "user")
    tty: Text | None = model_property(_P, "tty")
    end: Time | None = model_property(_P, "end")
    forked: bool = model_property(_P, "forked")
    observed_only: bool = model_property(_P, "observed_only")
    container: Text | None = model_property(_P, "container")

    @classmethod
    def of(cls, node: StoreNode) -> Self:
        """The process of a store's node."""
        texts = ("command", "exe", "comm", "cwd", "user", "tty", "container")
        numbers: dict[str, Any] = {
            name: number_of(node, name) for name in ("pid", "ppid", "uid", "euid", "auid", "ses")
        }
        return cls(
            **common(node),
            **numbers,
            **texts_of(node, *texts),
            argv=text_list_of(node, "argv"),
            end=end_of(node),
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
