"""Anchors: turns a selection into the entities with bounds that a trace starts from (docs/semantics.md#where-a-trace-starts).

A process in a selection with a peer stands for every image of its incarnation of the pid: the connection is often made by the
image before the one that an alert names. Alert clocks are coarse, so the nearest matching flow within `TOLERANCE_MS` is
selected, and the bound is the begin of that flow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from provenance.errors import NothingFound
from provenance.ingest.clock import FIRST, LAST, at_ms, end_of_ms, ms_of
from provenance.ingest.facts import Flow
from provenance.ingest.identity import EntityKind, format_id
from provenance.store.interface import Direction, EventKey, Node, Selector, Store
from provenance.store.patterns import compile_pattern, matching
from provenance.text.accounts import users_of

TOLERANCE_MS = 2_000
MOST_MATCHES = 10_000
"""The most entities that are looked at for one selection, unless the caller says otherwise."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a user selected. `at` is in ms since the epoch: the bound of an entity, or the time of a flow. `finder`, when given,
    finds the matches instead of the conditions, as for an alert."""

    selector: Selector
    id: int | None = None
    event: EventKey | None = None
    at: int | None = None
    finder: Callable[[Store, Direction], list[Anchor]] | None = None

    @property
    def selects_flow(self) -> bool:
        """Whether it selects a flow between a process and a peer or a file."""
        selector = self.selector
        named = (selector.remote_ip, selector.network, selector.file, selector.hash)
        of_process = (selector.command, selector.pid, selector.user, self.id)
        return any(value is not None for value in named) and any(value is not None for value in of_process)


@dataclass(frozen=True, slots=True)
class Anchor:
    """One match: the entities that a trace starts from with their bounds, and the node, time, flow and peer that identify it."""

    start: Mapping[int, int]
    node: Node
    moment: int
    flow: Flow | None = None
    peer: Node | None = None


def anchors(store: Store, selection: Selection, direction: Direction) -> list[Anchor]:
    """The matches of a selection, best first. Raises NothingFound."""
    return anchors_within(store, selection, direction, MOST_MATCHES)[0]


def anchors_within(
    store: Store, selection: Selection, direction: Direction, limit: int, newest: bool = False
) -> tuple[list[Anchor], bool]:
    """The matches of a selection, and whether there are more than were looked at: entities in order of time, with `newest` the
    latest first, of which `limit` or MOST_MATCHES are looked at; else best first. Raises NothingFound."""
    if selection.finder is not None:
        return selection.finder(store, direction), False
    if selection.event is not None:
        return [_event_anchor(store, selection.event, direction)], False
    if selection.selects_flow:
        return _flow_anchors(store, selection, direction), False
    found, more = _selected_entities(store, selection, max(limit, MOST_MATCHES), newest)
    if not found:
        raise NothingFound("no entity in the store matches the selection")
    return [Anchor({node.id: bound(selection.at, direction)}, node, node.first) for node in found], more


def _selected_entities(store: Store, selection: Selection, limit: int, newest: bool) -> tuple[list[Node], bool]:
    if selection.id is not None:
        return _selected_by_id(store, selection.id, selection.selector), False
    found = list(store.find(selection.selector, limit + 1, newest))
    more = len(found) > limit
    found = found[:limit]
    if selection.selector.command is not None or selection.selector.pid is not None:
        found = _own_programs(found)
    return found, more


def _selected_by_id(store: Store, id: int, selector: Selector) -> list[Node]:
    """The entity with an id, if it meets the other conditions. Raises NothingFound, which says which it does not meet."""
    nodes = list(store.nodes([id]).values())
    for node in nodes:
        unmet = unmet_conditions(node, selector)
        if unmet:
            raise NothingFound(f"{format_id(node.kind, node.id)} does not match {' and '.join(unmet)}")
    return nodes


def unmet_conditions(node: Node, selector: Selector) -> list[str]:
    """The conditions on a process, a host or a time that an entity does not meet, as text."""
    attributes = node.attributes
    user = selector.user
    command = selector.command
    met = {
        f"host {selector.host}": selector.host in (None, node.host),
        f"pid {selector.pid}": selector.pid in (None, attributes.get("pid")),
        f"user {user}": user is None or user in users_of(node),
        "the earliest time": selector.since is None or node.first >= selector.since,
        "the latest time": selector.until is None or node.first <= selector.until,
        f"command {command}": command is None or bool(matching(command, [str(attributes.get("command") or "")])),
    }
    return [condition for condition, is_met in met.items() if not is_met]


def _own_programs(found: Sequence[Node]) -> list[Node]:
    """The matches without forked copies, which only carry their parent's command line, unless there is nothing else."""
    own = [node for node in found if not node.attributes.get("forked")]
    return own or list(found)


def bound(at: int | None, direction: Direction) -> int:
    """The bound of an entity at a time (ms since the epoch); without a time, the bound that includes all of its flows."""
    if direction is Direction.FORWARD:
        return FIRST if at is None else at_ms(at)
    return LAST if at is None else end_of_ms(at)


def _event_anchor(store: Store, key: EventKey, direction: Direction) -> Anchor:
    flows = list(store.flows_at(key))
    if not flows:
        raise NothingFound(f"no flow was derived from event {key.host}/{key.ms / 1000:.3f}:{key.serial}")
    effect = direction is Direction.BACKWARD
    start: dict[int, int] = {}
    for flow in flows:
        end = flow.target if effect else flow.source
        start[end] = max(start.get(end, FIRST), flow.first) if effect else min(start.get(end, LAST), flow.first)
    nodes = store.nodes(start)
    first = flows[0]
    return Anchor(start, nodes[first.target if effect else first.source], first.first, first)


def _flow_anchors(store: Store, selection: Selection, direction: Direction) -> list[Anchor]:
    images = _selected_images(store, selection)
    peers = _selected_peers(store, selection.selector)
    best: dict[tuple[int, int], Anchor] = {}
    for image in images.values():
        for flow in (*store.flows(image.id, None), *store.flows(None, image.id)):
            peer = peers.get(flow.target if flow.source == image.id else flow.source)
            if peer is None or not _near(flow, selection.at) or not _within(flow, selection.selector):
                continue
            key = (int(image.attributes.get("incarnation") or image.id), peer.id)
            anchor = Anchor({image.id: flow.first}, image, flow.first, flow, peer)
            if key not in best or _distance(anchor, selection) < _distance(best[key], selection):
                best[key] = anchor
    if not best:
        raise NothingFound(_no_flow_message(selection))
    return _without_copies(sorted(best.values(), key=lambda anchor: _distance(anchor, selection)), selection)


def _selected_images(store: Store, selection: Selection) -> dict[int, Node]:
    """The images that the selection names and every other image of their incarnations."""
    wanted = selection.selector
    if selection.id is not None:
        named = _selected_by_id(store, selection.id, replace(wanted, since=None, until=None))
    else:
        kinds = frozenset({EntityKind.PROCESS})
        of_process = Selector(kinds, wanted.host, wanted.command, wanted.pid, user=wanted.user)
        named = list(store.find(of_process, MOST_MATCHES))
    images = {node.id: node for node in named}
    pids = {(node.host, int(node.attributes["pid"])) for node in named if "pid" in node.attributes}
    incarnations = {node.attributes.get("incarnation") for node in named}
    for host, pid in sorted(pids):
        for node in store.find(Selector(frozenset({EntityKind.PROCESS}), host, pid=pid), MOST_MATCHES):
            if node.attributes.get("incarnation") in incarnations:
                images[node.id] = node
    return images


def _selected_peers(store: Store, wanted: Selector) -> dict[int, Node]:
    """The peers, or the files, at the other end of the flows that are selected."""
    if wanted.remote_ip is None and wanted.network is None:
        selector = Selector(frozenset({EntityKind.FILE}), wanted.host, file=wanted.file, hash=wanted.hash)
    else:
        kinds = frozenset({EntityKind.ENDPOINT})
        selector = Selector(
            kinds, wanted.host, remote_ip=wanted.remote_ip, remote_port=wanted.remote_port, network=wanted.network
        )
    return {node.id: node for node in store.find(selector, MOST_MATCHES)}


def _near(flow: Flow, at: int | None) -> bool:
    return at is None or ms_of(flow.first) - TOLERANCE_MS <= at <= ms_of(flow.last) + TOLERANCE_MS


def _within(flow: Flow, wanted: Selector) -> bool:
    """Whether a flow begins within the times of the conditions."""
    return (wanted.since is None or flow.first >= wanted.since) and (wanted.until is None or flow.first <= wanted.until)


def _distance(anchor: Anchor, selection: Selection) -> tuple[int, int, int]:
    """The sort key of a match: nearest to the selected time first, then an image that matches by itself, then the earlier."""
    gap = 0 if selection.at is None else abs(ms_of(anchor.moment) - selection.at)
    matches = _matches(anchor.node, selection)
    return (0 if matches else 1, gap, anchor.moment) if selection.at is None else (gap // 100, not matches, gap)


def _matches(node: Node, selection: Selection) -> bool:
    if selection.id is not None:
        return node.id == selection.id
    wanted, command = selection.selector, str(node.attributes.get("command") or "")
    return wanted.command is None or compile_pattern(wanted.command).search(command)


def _without_copies(found: Iterable[Anchor], selection: Selection) -> list[Anchor]:
    """The matches without forked copies, which hold the same channel because they inherited it."""
    matches = list(found)
    own = [anchor for anchor in matches if not anchor.node.attributes.get("forked")]
    matches = own or matches
    if selection.at is None:
        return matches
    nearest = abs(ms_of(matches[0].moment) - selection.at)
    return [anchor for anchor in matches if abs(ms_of(anchor.moment) - selection.at) <= nearest]


def _no_flow_message(selection: Selection) -> str:
    wanted = selection.selector
    port = f":{wanted.remote_port}" if wanted.remote_port is not None else ""
    when = f" within {TOLERANCE_MS // 1000} s of the given time" if selection.at is not None else ""
    file = wanted.file or f"a file with hash {wanted.hash}"
    peer = wanted.remote_ip or wanted.network
    other = file if peer is None else f"{peer}{port}"
    return f"no matching process has a flow with {other}{when}"
