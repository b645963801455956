"""The messages to clients that follow a trace: its progress, then its result in parts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from concurrent.futures import CancelledError, Future

import strawberry
from strawberry.types.nodes import FragmentSpread, InlineFragment, SelectedField, Selection

from provenance.errors import NothingFound, Stopped
from provenance.ingest.facts import Flow as Run
from provenance.service.graphql.base.errors import OperationRejected
from provenance.service.graphql.base.node import Info, field
from provenance.service.graphql.base.scalars import BigInt, moment_time
from provenance.service.graphql.base.work import Work
from provenance.service.graphql.graph.graph import Flow, edges_of, entity_of, flow_of
from provenance.service.graphql.traces.parts import TraceNode
from provenance.service.graphql.traces.traces import Trace, preload_entities, trace_of
from provenance.service.tracing import started_traces
from provenance.service.tracing.run import TraceRun
from provenance.service.tracing.start import StartedTrace
from provenance.service.tracing.started_traces import State
from provenance.service.tracing.watched_store import Progress
from provenance.service.tracing.wire import PART_SIZE, TracePart, parts_of
from provenance.store.documents import Document
from provenance.trace.result import Trace as Traced
from provenance.trace.slice.paths import next_steps, path

Path = tuple[Run, ...]
_PART_FIELDS = frozenset(("nodes", "flows"))


@strawberry.type(description="The progress of a trace.")
class TraceProgress:
    """A message about a trace: of its progress, then of a part of its result, and the last with the trace."""

    entities_seen: BigInt = strawberry.field(description="The number of entities whose flows were followed so far.")
    runs_seen: BigInt = strawberry.field(description="The number of runs of flows that were read so far.")
    trace: Trace | None = strawberry.field(description="The trace, in the last message; null before.")
    nodes: list[TraceNode] = strawberry.field(
        description="A part of the trace's entities, in order of time. If `nodes` or `flows` are requested, all of them are "
        f"sent when the trace is finished, at most {PART_SIZE} in a message, as fast as the client reads them. Empty in other "
        "messages."
    )
    flows: list[Flow] = strawberry.field(
        description="A part of the trace's flows, in order of time, after all entities have been sent."
    )
    path: strawberry.Private[Path]

    @field(
        "The best path found so far, in the order in which information passed: between the start and the "
        "nearest external peer, or the furthest entity if there is no such peer. In a finished trace, the "
        "path of the most probable way in. Empty at first, and in messages with a part."
    )
    async def best_path(self, info: Info) -> list[Flow]:
        """The flows of the best path."""
        found = None if self.trace is None else self.trace.trace
        if found is not None and found.entries:
            return [
                flow_of(edge) for edge in path(next_steps(found.slice), found.entries[0].node, found.slice.direction)
            ]
        edges = await asyncio.gather(*(edges_of(info.context, [run]) for run in self.path))
        return [flow_of(edge) for one in edges for edge in one]


async def follow_run(info: Info, run: TraceRun, result: Future[Traced]) -> AsyncIterator[TraceProgress]:
    """The messages of a run, which lasts as long as a client follows it. Raises the errors of the run, and Stopped when the
    service stops."""
    engine = info.context.engine
    async for _ in _until_done(result, engine.limits.poll_seconds):
        if engine.service.stopping.is_set():
            run.stop()
        yield _progress(run.progress)
    try:
        found = result.result()
    except CancelledError:
        raise Stopped("the trace was stopped") from None
    preload_entities(found, info)
    if _requested_fields(info) & _PART_FIELDS:
        for part in parts_of(found):
            yield _part(run.progress, part)
    yield _progress(run.progress, trace_of(found))


async def follow_started(info: Info, id: str) -> AsyncIterator[TraceProgress]:
    """The messages of a started trace, whichever server runs it. Raises NothingFound, Stopped, OperationRejected."""
    work: Work = info.context
    async for _ in work.poll():
        document = await _document(work, id)
        if document.state not in (State.QUEUED.value, State.RUNNING.value):
            async for message in _result(info, document):
                yield message
            return
        yield _progress(StartedTrace.of(document).progress)


async def _document(work: Work, id: str) -> Document:
    document = await work.latest(("started", id), lambda store: started_traces.get(store.documents(), id))
    if document is None:
        raise NothingFound(f"unknown started trace {id[:80]}; old ones are removed")
    return document


async def _result(info: Info, document: Document) -> AsyncIterator[TraceProgress]:
    if document.state == State.STOPPED.value:
        raise Stopped("the trace was stopped")
    record = StartedTrace.of(document)
    if record.failure is not None:
        raise OperationRejected(record.failure.code, record.failure.reason, record.failure.details)
    work, progress = info.context, record.progress
    tracer, documents = work.engine.service.tracer, work.store.documents()
    found = await work.ask(lambda: tracer.load(documents, document.key))
    if found is None:
        raise NothingFound(f"the result of {document.key} is no longer stored")
    preload_entities(found, info)
    if _requested_fields(info) & _PART_FIELDS:
        for part in parts_of(found):
            yield _part(progress, part)
    yield _progress(Progress(progress.entities, progress.runs), trace_of(found))


def _progress(progress: Progress, trace: Trace | None = None) -> TraceProgress:
    return _message(progress, trace, path=progress.path)


def _part(progress: Progress, part: TracePart) -> TraceProgress:
    nodes = [TraceNode(entity=entity_of(node), bound=moment_time(bound)) for node, bound in part.nodes]
    return _message(progress, None, nodes, [flow_of(edge) for edge in part.edges])


def _message(
    progress: Progress,
    trace: Trace | None,
    nodes: Sequence[TraceNode] = (),
    flows: Sequence[Flow] = (),
    path: Path = (),
) -> TraceProgress:
    entities, runs = BigInt(progress.entities), BigInt(progress.runs)
    return TraceProgress(
        entities_seen=entities, runs_seen=runs, trace=trace, nodes=list(nodes), flows=list(flows), path=path
    )


def _requested_fields(info: Info) -> set[str]:
    """The fields of a message that the client requests."""
    return {name for field in info.selected_fields for name in _names(field.selections)}


def _names(selections: Iterable[Selection]) -> Iterable[str]:
    for one in selections:
        if isinstance(one, SelectedField):
            yield one.name
        elif isinstance(one, (FragmentSpread, InlineFragment)):
            yield from _names(one.selections)


async def _until_done(running: Future[Traced], poll_seconds: float) -> AsyncIterator[None]:
    """Yields at once and then at regular intervals, until a future is done."""
    done = asyncio.wrap_future(running)
    done.add_done_callback(lambda ended: None if ended.cancelled() else ended.exception())
    yield
    while not done.done():
        await asyncio.wait([done], timeout=poll_seconds)
        if not done.done():
            yield
