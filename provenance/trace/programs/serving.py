"""Serving: what a server that began before the intruder came did for him, apart from what it does for all its clients."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from provenance.ingest.clock import ms_of
from provenance.ingest.facts import FlowKind
from provenance.store.interface import Node
from provenance.text.addresses import is_loopback
from provenance.text.labels import paths
from provenance.trace.programs.acts import act_order
from provenance.trace.programs.effects import LATER_MS, Act, Objects, is_lasting_change, is_secret_read, moments_of

_KEPT = frozenset((FlowKind.WROTE, FlowKind.RENAMED, FlowKind.LINKED, FlowKind.LOADED))
_LOGS = re.compile(r".*/logs?(/.*)?|.*[._-]log(\.\d+)?", re.DOTALL)
_MOST_AGAIN = 3
"""The most acts of a server that reads one file again."""
_ENDING_MS = 1_000
"""How long before its end a server puts its own things in order: saves, deletes its socket."""


def acts_for(
    server: Node,
    acts: Iterable[Act],
    begin: int,
    objects: Objects,
    changed: Collection[int],
    triggers: Mapping[str, int] = MappingProxyType({}),
    used: Collection[int] = (),
) -> tuple[Act, ...]:
    """The acts that a story shows: files that the server began to write from `begin` on, except its logs; files that it read or
    loaded, if they are secret, `changed` by programs of the story, or read at the moments of the `triggers` (by ids of edges);
    and peers outside the host that it called. Files that it had open before are left out: they serve all clients. So are acts
    just before its end, except lasting changes, files that near programs have `used`, and the acts of a copy that it forked for
    one peer. Each read of a file that was changed is an act."""
    end = server.attributes.get("end")
    known = [act for act in acts if act.moment >= begin and act.edge.first >= begin]
    is_copy_for_one = server.attributes.get("forked") and ms_of(begin) - ms_of(server.first) <= _ENDING_MS
    if isinstance(end, int) and not is_copy_for_one:
        known = [
            act
            for act in known
            if ms_of(end) - ms_of(act.moment) > _ENDING_MS or act.object in used or is_lasting_change(act, objects)
        ]
    shown: list[Act] = []
    for act in known:
        if act.edge.kind is FlowKind.READ and (act.object in changed or act.edge.id in triggers):
            shown += _repeated_reads(act, [triggers[act.edge.id]] if act.edge.id in triggers else [])
        elif _is_reported(act, objects, changed):
            shown.append(act)
    return tuple(sorted(shown, key=act_order))


def _repeated_reads(act: Act, moments: Iterable[int]) -> list[Act]:
    """A read, and the last times at which the same file was read again."""
    found = [act]
    for moment in sorted({*moments_of(act.edge), *moments}):
        if ms_of(moment) - ms_of(found[-1].moment) >= LATER_MS:
            found.append(replace(act, moment=moment))
    return [act, *found[1:][-_MOST_AGAIN:]]


def _is_reported(act: Act, objects: Objects, changed: Collection[int]) -> bool:
    """Whether a story reports an act of a server: not what every request does, such as a line in its own log."""
    kind, node = act.edge.kind, objects.nodes[act.object]
    if kind is FlowKind.READ:
        return act.object in changed or is_secret_read(act, objects)
    if kind is FlowKind.CONNECTED:
        return not is_loopback(str(node.attributes.get("ip", "")))
    if is_lasting_change(act, objects):
        return True
    return kind in _KEPT and not all(map(_LOGS.fullmatch, paths(node)))
