"""Start selections of requests: the conditions on what a trace starts from, checked and resolved to anchors. Their texts are
untrusted input."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from provenance.errors import Ambiguous, UsageError
from provenance.ingest.clock import at_ms
from provenance.ingest.identity import IdentityError, format_id, parse_id
from provenance.investigation.anchoring import anchoring
from provenance.investigation.candidates import alert_named, selection_of
from provenance.store.interface import Direction, Selector, Store
from provenance.text.event_key import parse_event
from provenance.text.hashes import read_hash
from provenance.text.labels import label
from provenance.text.times import instant
from provenance.trace.slice.anchor import Anchor, Selection, anchors

_LISTED = 20
_PORTS = range(0x10000)


@dataclass(frozen=True, slots=True)
class StartSelection:
    """Conditions on what a trace starts from; a match meets all that are given. `id` and `event` are printed ids, `command` is a
    regular expression, `file` a path or glob pattern, `hash` the digits of a SHA-256 or ALGORITHM:HEX. With `all`, a trace
    starts from every match."""

    id: str | None = None
    alert: str | None = None
    event: str | None = None
    host: str | None = None
    command: str | None = None
    pid: int | None = None
    file: str | None = None
    remote_ip: str | None = None
    remote_port: int | None = None
    hash: str | None = None
    all: bool = False


def starts_of(
    store: Store, selected: StartSelection, direction: Direction, when_ms: int | None
) -> tuple[list[Anchor], int | None]:
    """The anchors that a trace starts from, and the requested moment. `when_ms` is in ms since the epoch. A backward trace of an
    alert without `when_ms` starts like the alert's own backtrack. Raises Ambiguous when there are several matches and `all` is
    not set; NothingFound, UsageError."""
    alert = None if selected.alert is None else alert_named(store, selected.alert)
    if alert is not None and direction is Direction.BACKWARD and when_ms is None:
        found = anchoring(store, alert)
        return found.best(), None if found.at_ms is None else at_ms(found.at_ms)
    selection = _selection(selected, when_ms) if alert is None else selection_of(alert, when_ms)
    matches = anchors(store, selection, direction)
    if len(matches) > 1 and not selected.all:
        raise Ambiguous(f"{len(matches)} matches: select one by its id, or all of them", _listed(matches))
    return matches, None if selection.at is None else at_ms(selection.at)


def _selection(selected: StartSelection, when_ms: int | None) -> Selection:
    selector = Selector(
        host=selected.host,
        command=selected.command,
        pid=selected.pid,
        file=selected.file,
        remote_ip=None if selected.remote_ip is None else address(selected.remote_ip),
        remote_port=port_number(selected.remote_port),
        hash=None if selected.hash is None else read_hash(selected.hash),
    )
    if selected.id is None and selected.event is None and selector == Selector():
        raise UsageError("no selection given")
    return Selection(
        selector,
        None if selected.id is None else entity_id(selected.id),
        None if selected.event is None else parse_event(selected.event),
        when_ms,
    )


def entity_id(text: str) -> int:
    """The number of the entity with a printed id. Raises UsageError."""
    try:
        return parse_id(text)[1]
    except IdentityError as error:
        raise UsageError(f"invalid id {text[:80]!r}: it is not the id of an entity") from error


def address(text: str) -> str:
    """An IP address in the spelling of the graph; an IPv4-mapped IPv6 address becomes IPv4. Raises UsageError."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError as error:
        raise UsageError(f"invalid IP address {text[:80]!r}") from error
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def port_number(port: int | None) -> int | None:
    """A port. Raises UsageError."""
    if port is not None and port not in _PORTS:
        raise UsageError(f"invalid port {port}: the largest is 65535")
    return port


def _listed(found: list[Anchor]) -> list[dict[str, str]]:
    return [
        {
            "id": format_id(anchor.node.kind, anchor.node.id),
            "time": instant(anchor.moment),
            "label": label(anchor.node),
        }
        for anchor in found[:_LISTED]
    ]
