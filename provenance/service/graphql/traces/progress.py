"""How far a trace has come, and its result piece by piece: what those who follow a trace are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import CancelledError, Future

import strawberry
from strawberry.types.nodes import FragmentSpread, InlineFragment, SelectedField, Selection

from provenance.errors import NothingFound, Stopped
from provenance.ingest.facts import Flow as Run
from provenance.service.graphql.base.errors import Refused
from provenance.service.graphql.base.node import Info, resolved
from provenance.service.graphql.base.scalars import BigInt, moment_time
from provenance.service.graphql.base.work import Work
from provenance.service.graphql.graph.graph import Flow, edges_of, entity_of, flow_of
from provenance.service.graphql.traces.traces import Trace, TraceNode, known_in, trace_of
from provenance.service.tracing import started
from provenance.service.tracing.running import RunningTrace
from provenance.service.tracing.started import State
from provenance.service.tracing.wire import SIZE, Piece, pieces, read_runs
from provenance.store.documents import Document
from provenance.store.interface import Node
from provenance.trace.paths import next_steps, path
from provenance.trace.result import Trace as Traced

_PIECES = frozenset(("nodes", "flows"))


@strawberry.type(description="How far a trace has come.")
class TraceProgress:
    """Messages while it is traced, then the pieces of its result, then the last one."""

    entities_seen: BigInt = strawberry.field(description="Entities that were walked from so far.")
    runs_seen: BigInt = strawberry.field(description="Runs of flows that were read so far.")
    trace: Trace | None = strawberry.field(description="The trace, in the last message; null before.")
    nodes: list[TraceNode] = strawberry.field(
        description=f"A piece of its entities, in order of time: who asks for `nodes` or `flows` is sent all of them when it "
        f"is traced, at most {SIZE} in a message, as fast as they are taken. None in other messages."
    )
    flows: list[Flow] = strawberry.field(
        description="A piece of its flows, in order of time, when all entities have been sent."
    )
    path: strawberry.Private[tuple[Run, ...]]

    @resolved(
        "The best path so far, in the order in which information passed: between the start and the nearest peer outside, "
        "or where none is known the entity that is furthest. None at first; of a finished trace that of its best way in. "
        "None with a piece."
    )
    async def best_path(self, info: Info) -> list[Flow]:
        """The best path."""
        found = None if self.trace is None else self.trace.trace
        if found is not None and found.entries:
            return [
                flow_of(edge) for edge in path(next_steps(found.slice), found.entries[0].node, found.slice.direction)
            ]
        edges = await asyncio.gather(*(edges_of(info.context, [run]) for run in self.path))
        return [flow_of(edge) for one in edges for edge in one]


async def of_running(info: Info, running: RunningTrace) -> AsyncIterator[TraceProgress]:
    """A trace that runs as long as it is followed. Raises what it raises, Stopped when the service stops."""
    engine = info.context.engine
    async for _ in _until_done(running.result, engine.limits.every_seconds):
        if engine.service.stopping.is_set():
            running.stop()
        yield _progress(running.store.seen, running.store.best_path)
    try:
        found = running.result.result()
    except CancelledError:
        raise Stopped("the trace was stopped") from None
    known_in(found, info)
    if _wanted(info) & _PIECES:
        for piece in pieces(found):
            yield _piece(running.store.seen, piece)
    yield _progress(running.store.seen, running.store.best_path, trace_of(found))


async def of_started(info: Info, id: str) -> AsyncIterator[TraceProgress]:
    """A trace that was started, wherever it runs. Raises NothingFound, Stopped, Refused."""
    work: Work = info.context
    async for _ in work.beats():
        document = await _document(work, id)
        if document.state not in (State.QUEUED.value, State.RUNNING.value):
            async for message in _ended(info, document):
                yield message
            return
        yield _progress(_told(document), read_runs(document.body["path"]))


async def _document(work: Work, id: str) -> Document:
    document = await work.ask(lambda: started.get(work.store.documents(), id))
    if document is None:
        raise NothingFound(f"no trace {id[:80]} was started, or it was long ago")
    return document


async def _ended(info: Info, document: Document) -> AsyncIterator[TraceProgress]:
    if document.state == State.STOPPED.value:
        raise Stopped("the trace was stopped")
    if document.state == State.FAILED.value:
        raise Refused(*document.body["error"])
    work, wanted = info.context, _wanted(info)
    if wanted & _PIECES:
        known: dict[int, Node] = {}
        work.know(known)
        for number in range(document.body["pieces"]):
            part = await _part(work, document.key, number)
            known.update((node.id, node) for node, _ in part.nodes)
            yield _piece(_told(document), part)
    whole = await _whole(work, document)
    known_in(whole, info)
    yield _progress(_told(document), (), trace_of(whole))


async def _part(work: Work, id: str, number: int) -> Piece:
    part = await work.ask(lambda: started.piece(work.store.documents(), id, number))
    if part is None:
        raise _forgotten(id)
    return part


async def _whole(work: Work, document: Document) -> Traced:
    """The result as one, which is put together once for all who ask for it."""
    kept = work.engine.kept.get(document.key)
    if kept is None:
        kept = await work.ask(lambda: started.result(work.store.documents(), document))
        if kept is None:
            raise _forgotten(document.key)
        work.engine.kept.keep(document.key, kept)
    return kept


def _forgotten(id: str) -> NothingFound:
    return NothingFound(f"the result of {id} is not kept any more")


def _told(document: Document) -> tuple[int, int]:
    entities, runs = document.body["seen"]
    return entities, runs


def _progress(seen: tuple[int, int], so_far: tuple[Run, ...], trace: Trace | None = None) -> TraceProgress:
    entities, runs = map(BigInt, seen)
    return TraceProgress(entities_seen=entities, runs_seen=runs, trace=trace, nodes=[], flows=[], path=so_far)


def _piece(seen: tuple[int, int], piece: Piece) -> TraceProgress:
    entities, runs = map(BigInt, seen)
    nodes = [TraceNode(entity=entity_of(node), bound=moment_time(bound)) for node, bound in piece.nodes]
    flows = [flow_of(edge) for edge in piece.edges]
    return TraceProgress(entities_seen=entities, runs_seen=runs, trace=None, nodes=nodes, flows=flows, path=())


def _wanted(info: Info) -> set[str]:
    """The fields that are asked of a message."""
    return {name for field in info.selected_fields for name in _names(field.selections)}


def _names(selections: Iterable[Selection]) -> Iterable[str]:
    for one in selections:
        if isinstance(one, SelectedField):
            yield one.name
        elif isinstance(one, (FragmentSpread, InlineFragment)):
            yield from _names(one.selections)


async def _until_done(running: Future[Traced], every_seconds: float) -> AsyncIterator[None]:
    """A beat at once and every so often, until something is done."""
    done = asyncio.wrap_future(running)
    done.add_done_callback(lambda ended: None if ended.cancelled() else ended.exception())
    yield
    while not done.done():
        await asyncio.wait([done], timeout=every_seconds)
        if not done.done():
            yield
