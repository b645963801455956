"""What a trace starts from: SELECT of the command line, as an input object."""

from __future__ import annotations

import ipaddress

import strawberry

from provenance.errors import UsageError
from provenance.ingest.clock import at_ms
from provenance.ingest.identity import IdentityError, format_id, parse_id
from provenance.investigation.anchoring import anchoring
from provenance.investigation.candidates import of_alert
from provenance.investigation.candidates import selection_of as alert_selection
from provenance.service.alerts import queue
from provenance.service.graphql.base.errors import Refused
from provenance.service.graphql.base.limits import Limits
from provenance.service.graphql.base.scalars import BigInt, Pattern, Text, Time
from provenance.store.documents import LONGEST
from provenance.store.interface import Direction, Selector, Store
from provenance.text.event_key import parse_event
from provenance.text.hashes import read_hash
from provenance.text.labels import label
from provenance.text.times import instant
from provenance.trace.anchor import Anchor, Selection, anchors
from provenance.trace.budget import Budget

_LISTED = 20
_PORTS = range(0x10000)


@strawberry.input(description="What a trace starts from. All given conditions hold together.")
class SelectionInput:
    """`command` with `remoteIp` means the flow between the two."""

    id: strawberry.ID | None = strawberry.field(default=None, description="An entity.")
    alert: strawberry.ID | None = strawberry.field(default=None, description="What a received alert is about.")
    event: strawberry.ID | None = strawberry.field(default=None, description="An audit event.")
    host: Text | None = strawberry.field(default=None, description="On this host.")
    command: Pattern | None = strawberry.field(
        default=None, description="Searched in the full command line, argv joined by single spaces."
    )
    pid: BigInt | None = strawberry.field(default=None, description="Process id.")
    file: Text | None = strawberry.field(default=None, description="Any path a file ever had; may be a glob.")
    remote_ip: str | None = strawberry.field(
        default=None, description="A peer's address; with a process the flow between the process and it."
    )
    remote_port: BigInt | None = strawberry.field(default=None, description="The peer's port.")
    hash: str | None = strawberry.field(
        default=None, description="A hash that a file ever had: a SHA-256, or another as ALGORITHM:HEX."
    )
    all: bool = strawberry.field(
        default=False, description="Start from every match; else several matches are an error that lists them."
    )


@strawberry.input(description="How far a trace may go. What it leaves out is told.")
class BudgetInput:
    """Limits of one trace."""

    nodes: int = strawberry.field(default=10_000, description="Entities.")
    edges: int = strawberry.field(default=100_000, description="Runs of flows.")
    depth: int | None = strawberry.field(default=None, description="Steps from the start; null for no limit.")


def budget_of(asked: BudgetInput, limits: Limits) -> Budget:
    """A budget within the limits. Raises UsageError."""
    for name, value, most in (
        ("nodes", asked.nodes, limits.trace_nodes),
        ("edges", asked.edges, limits.trace_edges),
        ("depth", asked.depth, 1_000),
    ):
        if value is not None and not 1 <= value <= most:
            raise UsageError(f"a budget of {value} {name}: 1 to {most} are possible")
    return Budget(asked.nodes, asked.edges, asked.depth)


def entity_id(text: str) -> int:
    """The id behind an entity's printed form. Raises UsageError."""
    try:
        return parse_id(text)[1]
    except IdentityError as error:
        raise UsageError(f"{text[:80]!r} is not the id of an entity") from error


def address(text: str) -> str:
    """An IP address as the graph has it: IPv4-mapped IPv6 is IPv4. Raises UsageError."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError as error:
        raise UsageError(f"{text[:80]!r} is no IP address") from error
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def port_number(port: int | None) -> int | None:
    """A port. Raises UsageError."""
    if port is not None and port not in _PORTS:
        raise UsageError(f"there is no port {port}")
    return port


def selection_of(store: Store, asked: SelectionInput, at: Time | None) -> Selection:
    """What an input selects. Raises UsageError when it selects nothing, NothingFound for an alert that is not here."""
    if asked.alert is not None:
        return of_alert(store, str(asked.alert), at)
    selector = Selector(
        host=asked.host,
        command=asked.command,
        pid=asked.pid,
        file=asked.file,
        remote_ip=None if asked.remote_ip is None else address(asked.remote_ip),
        remote_port=port_number(asked.remote_port),
        hash=None if asked.hash is None else read_hash(asked.hash),
    )
    if asked.id is None and asked.event is None and selector == Selector():
        raise UsageError("nothing is selected")
    return Selection(
        selector,
        None if asked.id is None else entity_id(asked.id),
        None if asked.event is None else parse_event(asked.event),
        at,
    )


def anchors_of(
    store: Store, asked: SelectionInput, direction: Direction, at: Time | None
) -> tuple[list[Anchor], int | None]:
    """The matches to start from, and the moment that was asked for. Raises Refused (`AMBIGUOUS`) with the matches when
    there are several and not all are wanted; NothingFound, UsageError."""
    kept = None if asked.alert is None else store.documents().get(queue.KIND, _name(asked.alert))
    if kept is not None and direction is Direction.BACKWARD and at is None:
        best = anchoring(store, queue.alert_of(kept))
        return best.best(), None if best.at_ms is None else at_ms(best.at_ms)
    selection = selection_of(store, asked, at) if kept is None else alert_selection(queue.alert_of(kept), at)
    found = anchors(store, selection, direction)
    if len(found) > 1 and not asked.all:
        raise Refused(
            "AMBIGUOUS", f"{len(found)} matches: choose one by its id, or ask for all", {"matches": _listed(found)}
        )
    return found, None if selection.at is None else at_ms(selection.at)


def _name(id: str) -> str:
    """An id that a document can have."""
    return id if 0 < len(id) <= LONGEST and id.isascii() and id.isprintable() else "-"


def _listed(found: list[Anchor]) -> list[dict[str, str]]:
    return [
        {
            "id": format_id(anchor.node.kind, anchor.node.id),
            "time": instant(anchor.moment),
            "label": label(anchor.node),
        }
        for anchor in found[:_LISTED]
    ]
