"""The search for the candidates of an alert in the graph, each with a score and reasons.

An audit event that the alert names is the best candidate. After it come the flow with the peer that the alert names, then
the process, then the file, then the user's session. Each is scored by its host, by the fields that match and by its time.
"""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator

from provenance.alerts.alert import Alert
from provenance.errors import NothingFound, UsageError
from provenance.ingest.clock import ms_of, rfc3339
from provenance.ingest.facts import Flow, FlowKind
from provenance.ingest.hashes import normal
from provenance.ingest.identity import EntityKind
from provenance.investigation.candidates.candidate import Candidate
from provenance.investigation.candidates.connections import flows
from provenance.investigation.candidates.hosts import Place, places
from provenance.investigation.candidates.nearness import TOLERANCE_MS, apart, nearness
from provenance.investigation.candidates.processes import Match, matches
from provenance.investigation.candidates.statement import Statement, event_text, statement_of
from provenance.store.interface import Direction, EventKey, Node, Selector, Store
from provenance.text.labels import dated_hashes, paths
from provenance.trace.limits.address_owners import address_owners
from provenance.trace.slice.anchor import Anchor, Selection, anchors, bound

_PROCESS, _FILE, _WITH_BETTER, _NAME_ONLY, _SESSION = 0.95, 0.85, 0.5, 0.7, 0.4
_HASH, _HASH_AND_PATH = 0.9, 0.94
_NO_FLOW = 0.7
_SURE = 0.5
"""A process or flow with at least this score makes the files of the alert worth only _WITH_BETTER of their score."""
_FILE_ITSELF = 0.95
"""An alert about a file that was read then is rather about the reader than about who wrote it."""
_SHOWN = 20
_MOST = 2_000
_TIED = 0.999
"""Candidates with at least this share of the best score count as equally good."""


def candidates(
    store: Store, alert: Alert, direction: Direction = Direction.BACKWARD, at: int | None = None
) -> list[Candidate]:
    """The candidates of an alert, best first, at most 20. `at` (ms since the epoch) replaces the alert's time.

    Raises NothingFound, which says what was searched for and where, and UsageError for an alert that names nothing to
    search for.
    """
    statement = statement_of(alert, at)
    if not statement.names_anything:
        raise UsageError(f"alert {alert.id} names no process, file, peer, user or event to search for")
    where = places(store, statement)
    own = _addresses(store, statement.at)
    best: dict[tuple[int, int | None], Candidate] = {}
    for place in where:
        for found in _on(store, statement, place, direction, own):
            key = (found.anchor.node.id, found.anchor.peer.id if found.anchor.peer else None)
            if key not in best or found.score > best[key].score:
                best[key] = found
    if not best:
        raise NothingFound(_not_found(statement, where))
    return sorted(best.values(), key=lambda found: _order(found, statement.at))[:_SHOWN]


def _addresses(store: Store, at: int | None) -> dict[str, tuple[str, ...]]:
    """The addresses that each host had at a time; at any time, if that is None."""
    owners, summaries = address_owners(store), store.hosts()
    return {one.host: tuple(ip for ip in one.addresses if owners.has(one.host, ip, at)) for one in summaries}


def starts(store: Store, alert: Alert, direction: Direction, at: int | None = None) -> list[Anchor]:
    """The anchors of the best candidate and of those with the same score. Raises what `candidates` raises."""
    found = candidates(store, alert, direction, at)
    return [candidate.anchor for candidate in found if candidate.score >= found[0].score * _TIED]


def _order(found: Candidate, at: int | None) -> tuple[float, int, int, int]:
    moment = found.anchor.moment
    return (-found.score, 0 if at is None else abs(ms_of(moment) - at), moment, found.anchor.node.id)


def _on(
    store: Store, statement: Statement, place: Place, direction: Direction, own: dict[str, tuple[str, ...]]
) -> Iterator[Candidate]:
    by_event = list(_events(store, statement, place, direction))
    yield from by_event
    known = matches(store, statement, place)
    by_flow = list(flows(store, statement, place, known, own))
    yield from by_flow
    by_process = list(_processes(statement, place, direction, known, bool(by_flow)))
    yield from by_process
    sure = any(found.score >= _SURE for found in (*by_flow, *by_process))
    share = _WITH_BETTER if sure else 1.0
    yield from _files(store, statement, place, direction, share)
    by_hash = list(_hashed(store, statement, place, direction, share))
    yield from by_hash
    if statement.user is not None and not (by_event or by_flow or by_process or by_hash or statement.path):
        yield from _sessions(store, statement, place, direction)


def _processes(
    statement: Statement, place: Place, direction: Direction, known: Iterable[Match], with_flows: bool
) -> Iterator[Candidate]:
    peer = statement.remote_ip is not None
    notes = ("no flow with the peer",) if peer and not with_flows else ()
    for match in known:
        timed = match.timed(statement.at)
        if timed is not None:
            score = place.weight * _PROCESS * (_NO_FLOW if peer else 1.0) * timed[0]
            yield Candidate(_entity(match.node, statement.at, direction), score, (place.reason, *timed[1], *notes))


def _events(store: Store, statement: Statement, place: Place, direction: Direction) -> Iterator[Candidate]:
    if statement.event is None:
        return
    hosts = [place.host] if place.host is not None else [summary.host for summary in store.hosts()]
    for host in hosts:
        key = EventKey(host, *statement.event)
        if next(iter(store.flows_at(key)), None) is not None:
            (anchor,) = anchors(store, Selection(Selector(), event=key), direction)
            yield Candidate(anchor, place.weight, (place.reason, f"audit event {event_text(statement.event)}"))


def _files(store: Store, statement: Statement, place: Place, direction: Direction, share: float) -> Iterator[Candidate]:
    if statement.path is None:
        return
    absolute = statement.path.startswith("/")
    pattern = glob.escape(statement.path) if absolute else f"*/{glob.escape(statement.path)}"
    for node in store.find(Selector(frozenset({EntityKind.FILE}), place.host, file=pattern), _MOST):
        end = node.attributes.get("end")
        near = nearness(statement.at, node.first, end)
        if near is not None:
            off = apart(statement.at, node.first, end)
            reason = f"file {statement.path}" if absolute else f"a file named {statement.path}"
            score = place.weight * _FILE * share * near * (1.0 if absolute else _NAME_ONLY)
            reasons = (place.reason, reason, *([off] if off else []))
            read = _read_nearest(store, node, statement.at) if direction is Direction.BACKWARD else None
            if read is not None:
                flow, reader = read
                when = f"the read at {rfc3339(ms_of(flow.first))} is the act on it nearest in time"
                anchor = Anchor({reader.id: flow.first}, reader, flow.first, flow, node)
                yield Candidate(anchor, score, (*reasons, when))
                score *= _FILE_ITSELF
            yield Candidate(_entity(node, statement.at, direction), score, reasons)


def _read_nearest(store: Store, file: Node, at: int | None) -> tuple[Flow, Node] | None:
    """The read of a file that an alert of the time `at` means, with its reader: the act on the file nearest to that time,
    within the tolerance. None when that is a change, or nothing happened then."""
    if at is None:
        return None
    acts = [(abs(ms_of(flow.first) - at), flow) for flow in (*store.flows(file.id, None), *store.flows(None, file.id))]
    near = [(off, flow.source != file.id, flow) for off, flow in acts if off <= TOLERANCE_MS]
    if not near:
        return None
    _, changed, flow = min(near, key=lambda one: (one[0], one[1], one[2].first, one[2].target))
    if changed or flow.kind is not FlowKind.READ:
        return None
    reader = store.nodes([flow.target]).get(flow.target)
    return None if reader is None else (flow, reader)


def _hashed(
    store: Store, statement: Statement, place: Place, direction: Direction, share: float
) -> Iterator[Candidate]:
    """Candidates among the files with the alert's hash, at any path; a file at the alert's path scores higher."""
    hash = normal(statement.sha256 or "")
    if hash is None:
        return
    for node in store.find(Selector(frozenset({EntityKind.FILE}), place.host, hash=hash), _MOST):
        end = node.attributes.get("end")
        near = nearness(statement.at, node.first, end)
        if near is not None:
            off = apart(statement.at, node.first, end)
            given = next(one.first for one in dated_hashes(node) if one.path == hash)
            reason = f"a file with this hash, computed at {rfc3339(ms_of(given))}"
            at_path = statement.path is not None and _is_at(node, statement.path)
            score = place.weight * (_HASH_AND_PATH if at_path else _HASH) * share * near
            reasons = (place.reason, reason, *([f"file {statement.path}"] if at_path else []), *([off] if off else []))
            yield Candidate(_entity(node, statement.at, direction), score, reasons)


def _is_at(node: Node, path: str) -> bool:
    """Whether a file ever had a path; for a path without a folder, whether it ever had that name."""
    return any(path in (known, known.rpartition("/")[2]) for known in paths(node))


def _sessions(store: Store, statement: Statement, place: Place, direction: Direction) -> Iterator[Candidate]:
    for node in store.find(Selector(frozenset({EntityKind.SESSION}), place.host), _MOST):
        attributes = node.attributes
        near = nearness(statement.at, node.first, None)
        if near is not None and statement.user in (attributes.get("user"), str(attributes.get("auid"))):
            reasons = (place.reason, f"a session of user {statement.user}")
            yield Candidate(_entity(node, statement.at, direction), place.weight * _SESSION * near, reasons)


def _entity(node: Node, at: int | None, direction: Direction) -> Anchor:
    """The anchor of an entity with its bound. Clocks are coarse, so the bound is later than the alert's time (or than the
    entity's beginning, if that is later) by the tolerance; for a forward trace it is earlier by the tolerance."""
    if at is None:
        return Anchor({node.id: bound(None, direction)}, node, node.first)
    backward = direction is Direction.BACKWARD
    reach = max(at, ms_of(node.first)) + TOLERANCE_MS if backward else max(at - TOLERANCE_MS, 0)
    return Anchor({node.id: bound(reach, direction)}, node, node.first)


def _not_found(statement: Statement, where: list[Place]) -> str:
    hosts = ", ".join(place.host for place in where if place.host is not None) or "any host"
    when = "" if statement.at is None else f" near {rfc3339(statement.at)}"
    hint = "" if statement.sha256 is None else " (a log holds hashes only of the files that IMA audits)"
    return f"nothing on {hosts}{when} matches the alert: {statement.summary()}{hint}"
