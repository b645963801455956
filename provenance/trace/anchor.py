"""Where a trace starts: a selection turned into entities with bounds (docs/semantics.md#where-a-trace-starts).

"Process P talks to peer R" means the incarnation of the pid: the connection is often made by the image before the one that
an alert names. Alert clocks are coarse, so the nearest matching flow within `TOLERANCE_MS` is meant, and the bound is that
flow's own start.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from provenance.errors import NothingFound
from provenance.ingest.clock import FIRST, LAST, at_ms, end_of_ms, ms_of
from provenance.ingest.facts import Flow
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, EventKey, Node, Selector, Store

TOLERANCE_MS = 2_000
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Selection:
    """What a person selected. `at` is in ms since the epoch: the bound of an entity, or the time of a flow. `found_by`
    finds the matches where no conditions say it all: those of an alert."""

    selector: Selector
    id: int | None = None
    event: EventKey | None = None
    at: int | None = None
    found_by: Callable[[Store, Direction], list[Anchor]] | None = None

    @property
    def means_flow(self) -> bool:
        """Whether it speaks of what passed between a process and a peer."""
        asked = self.selector
        return asked.remote_ip is not None and (
            asked.command is not None or asked.pid is not None or self.id is not None
        )


@dataclass(frozen=True, slots=True)
class Anchor:
    """One match: the entities that a trace starts from with their bounds, and how to tell it from other matches."""

    start: Mapping[int, int]
    node: Node
    moment: int
    flow: Flow | None = None
    peer: Node | None = None


def anchors(store: Store, selection: Selection, direction: Direction) -> list[Anchor]:
    """The matches of a selection, best first. Raises NothingFound."""
    if selection.found_by is not None:
        return selection.found_by(store, direction)
    if selection.event is not None:
        return [_of_event(store, selection.event, direction)]
    if selection.means_flow:
        return _flows(store, selection, direction)
    found = _entities(store, selection)
    if not found:
        raise NothingFound("no entity in the store matches all of these conditions")
    return [Anchor({node.id: bound(selection.at, direction)}, node, node.first) for node in found]


def _entities(store: Store, selection: Selection) -> list[Node]:
    if selection.id is not None:
        return list(store.nodes([selection.id]).values())
    found = list(store.find(selection.selector, _MOST))
    if selection.selector.command is not None or selection.selector.pid is not None:
        found = _own_programs(found)
    return found


def _own_programs(found: Sequence[Node]) -> list[Node]:
    """Without copies that only carry their parent's command line, unless there is nothing else."""
    own = [node for node in found if not node.attributes.get("forked")]
    return own or list(found)


def bound(at: int | None, direction: Direction) -> int:
    """The bound of an entity at a time (ms since the epoch), or of all of it."""
    if direction is Direction.FORWARD:
        return FIRST if at is None else at_ms(at)
    return LAST if at is None else end_of_ms(at)


def _of_event(store: Store, key: EventKey, direction: Direction) -> Anchor:
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


def _flows(store: Store, selection: Selection, direction: Direction) -> list[Anchor]:
    images = _images(store, selection)
    peers = _peers(store, selection.selector)
    best: dict[tuple[int, int], Anchor] = {}
    for image in images.values():
        for flow in (*store.flows(image.id, None), *store.flows(None, image.id)):
            peer = peers.get(flow.target if flow.source == image.id else flow.source)
            if peer is None or not _near(flow, selection.at):
                continue
            key = (int(image.attributes.get("incarnation") or image.id), peer.id)
            anchor = Anchor({image.id: flow.first}, image, flow.first, flow, peer)
            if key not in best or _distance(anchor, selection) < _distance(best[key], selection):
                best[key] = anchor
    if not best:
        raise NothingFound(_no_flow(selection))
    return _without_copies(sorted(best.values(), key=lambda anchor: _distance(anchor, selection)), selection)


def _images(store: Store, selection: Selection) -> dict[int, Node]:
    """The images that the selection names and every other image of their incarnations."""
    asked = selection.selector
    if selection.id is not None:
        named = list(store.nodes([selection.id]).values())
    else:
        kinds = frozenset({EntityKind.PROCESS})
        named = list(store.find(Selector(kinds, asked.host, asked.command, asked.pid), _MOST))
    images = {node.id: node for node in named}
    pids = {(node.host, int(node.attributes["pid"])) for node in named if "pid" in node.attributes}
    incarnations = {node.attributes.get("incarnation") for node in named}
    for host, pid in sorted(pids):
        for node in store.find(Selector(frozenset({EntityKind.PROCESS}), host, pid=pid), _MOST):
            if node.attributes.get("incarnation") in incarnations:
                images[node.id] = node
    return images


def _peers(store: Store, asked: Selector) -> dict[int, Node]:
    kinds = frozenset({EntityKind.ENDPOINT})
    selector = Selector(kinds, asked.host, remote_ip=asked.remote_ip, remote_port=asked.remote_port)
    return {node.id: node for node in store.find(selector, _MOST)}


def _near(flow: Flow, at: int | None) -> bool:
    return at is None or ms_of(flow.first) - TOLERANCE_MS <= at <= ms_of(flow.last) + TOLERANCE_MS


def _distance(anchor: Anchor, selection: Selection) -> tuple[int, int, int]:
    """Nearest to the asked time first; then an image that is named by itself; then the earlier."""
    gap = 0 if selection.at is None else abs(ms_of(anchor.moment) - selection.at)
    matches = _matches(anchor.node, selection)
    return (0 if matches else 1, gap, anchor.moment) if selection.at is None else (gap // 100, not matches, gap)


def _matches(node: Node, selection: Selection) -> bool:
    if selection.id is not None:
        return node.id == selection.id
    asked, command = selection.selector, str(node.attributes.get("command") or "")
    return asked.command is None or re.search(asked.command, command) is not None


def _without_copies(found: Iterable[Anchor], selection: Selection) -> list[Anchor]:
    """Without forked copies of a match, which hold the same channel because they inherited it."""
    kept = list(found)
    own = [anchor for anchor in kept if not anchor.node.attributes.get("forked")]
    kept = own or kept
    if selection.at is None:
        return kept
    nearest = abs(ms_of(kept[0].moment) - selection.at)
    return [anchor for anchor in kept if abs(ms_of(anchor.moment) - selection.at) <= nearest]


def _no_flow(selection: Selection) -> str:
    asked = selection.selector
    port = f":{asked.remote_port}" if asked.remote_port is not None else ""
    when = f" within {TOLERANCE_MS // 1000} s of the given time" if selection.at is not None else ""
    return f"no matching process has a flow with {asked.remote_ip}{port}{when}"
