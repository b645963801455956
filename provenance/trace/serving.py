"""Serving: what a server that was there before the intruder did for him, apart from what it does for everybody."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from provenance.ingest.clock import ms_of
from provenance.ingest.facts import FlowKind
from provenance.store.interface import Node
from provenance.text.addresses import is_loopback
from provenance.text.labels import paths
from provenance.trace.effects import Act, Objects, is_lasting_change, is_secret_read

_KEPT = frozenset((FlowKind.WROTE, FlowKind.RENAMED, FlowKind.LINKED, FlowKind.LOADED))
_LOGS = re.compile(r".*/logs?(/.*)?|.*[._-]log(\.\d+)?", re.DOTALL)
_ENDING_MS = 1_000
"""How long before its end a server puts its own things in order: saves, deletes its socket."""


def acts_for(
    server: Node, acts: Iterable[Act], begin: int, objects: Objects, changed: Collection[int]
) -> tuple[Act, ...]:
    """The acts that a story shows: files that the server began to write from `begin` on, but its logs; files that it read or
    loaded, if they are secret or `changed` by programs of the story; peers elsewhere that it called. What it had open
    before serves everybody, and what it does at its end nobody; a copy that it forked ends with what it does for one peer."""
    end = server.attributes.get("end")
    known = [act for act in acts if act.moment >= begin and act.edge.first >= begin]
    if isinstance(end, int) and not server.attributes.get("forked"):
        known = [act for act in known if ms_of(end) - ms_of(act.moment) > _ENDING_MS]
    return tuple(act for act in known if _tells(act, objects, changed))


def _tells(act: Act, objects: Objects, changed: Collection[int]) -> bool:
    kind, node = act.edge.kind, objects.nodes[act.object]
    if kind is FlowKind.READ:
        return act.object in changed or is_secret_read(act, objects)
    if kind is FlowKind.CONNECTED:
        return not is_loopback(str(node.attributes.get("ip", "")))
    if is_lasting_change(act, objects):
        return True
    return kind in _KEPT and not all(map(_LOGS.fullmatch, paths(node)))
