"""Lookup of an object of any type by its id."""

from __future__ import annotations

from provenance.errors import NothingFound, UsageError
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import IdentityError, parse_id
from provenance.investigation.selecting import entity_id
from provenance.service.graphql.alerts.alerts import ALERT_ID, alert_document, alert_of
from provenance.service.graphql.alerts.incidents import incident_document, incident_of
from provenance.service.graphql.base.node import Node
from provenance.service.graphql.base.scalars import read_text
from provenance.service.graphql.base.work import Work
from provenance.service.graphql.graph.graph import Flow, edges_of, entity_of, event_of, flow_of
from provenance.service.graphql.graph.hosts import host_name, host_of
from provenance.service.incidents.records import INCIDENT_PREFIX
from provenance.text.event_key import parse_event


async def lookup(work: Work, id: str) -> Node | None:
    """The object with an id, None without one. Raises UsageError for an invalid id."""
    name = host_name(id)
    if name is not None:
        host = (await work.hosts()).get(name)
        return None if host is None else host_of(host)
    if "/" in id:
        return await _event(work, id)
    if id.startswith(INCIDENT_PREFIX):
        return await _incident(work, id)
    if ALERT_ID.fullmatch(id):
        document = await work.ask(lambda: alert_document(work.store.documents(), id))
        return None if document is None else alert_of(document)
    kind, dash, ends = id.partition("-")
    if dash and kind in FlowKind.__members__:
        return await _flow(work, FlowKind[kind], ends)
    try:
        number = parse_id(id)[1]
    except IdentityError as error:
        raise UsageError(f"invalid id {id[:80]!r}") from error
    node = await work.node(number)
    return None if node is None else entity_of(node)


async def _incident(work: Work, id: str) -> Node | None:
    try:
        return incident_of(await work.ask(lambda: incident_document(work.store.documents(), id)))
    except NothingFound:
        return None


async def _event(work: Work, id: str) -> Node | None:
    key = parse_event(read_text(id))
    found = await work.ask(lambda: next(iter(work.store.flows_at(key)), None))
    return None if found is None and await work.raw.load(key) is None else event_of(key)


async def _flow(work: Work, kind: FlowKind, ends: str) -> Flow | None:
    source, _, target = ends.partition("-")
    source_id, target_id = entity_id(source), entity_id(target)
    runs = await work.ask(lambda: list(work.store.flows(source_id, target_id, kind)))
    edges = await edges_of(work, runs)
    return flow_of(edges[0]) if edges else None
