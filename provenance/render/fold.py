"""Summaries of many objects in a few words. The JSON output lists every object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.text.counts import counted, plural
from provenance.text.escape import visible
from provenance.text.labels import label, paths

_DEPTH = 2
"""How many leading parts of a path name its folder: 2 gives `/usr/lib`."""
_MOST = 4


def summarise(nodes: Sequence[Node]) -> str:
    """The summary of nodes of one kind: `84 files: 61 in /usr/lib, 20 in /etc, 3 in other places`, `19 peers: 18 at
    198.51.100.23, ...`."""
    kind = nodes[0].kind
    noun = plural(kind.name.lower())
    if kind is EntityKind.FILE:
        places, at = Counter(_folder(node) for node in nodes), "in"
    elif kind is EntityKind.ENDPOINT:
        places, at, noun = Counter(_address(node) for node in nodes), "at", "peers"
    elif kind is EntityKind.PIPE:
        sorts = Counter(str(node.attributes.get("type", "pipe")) for node in nodes)
        return ", ".join(counted(count, visible(sort)) for sort, count in sorted(sorts.items()))
    else:
        places, at = Counter(label(node) for node in nodes), "named"
    shown = sorted(places.items(), key=lambda place: (-place[1], place[0]))
    items = [f"{count} {at} {visible(place)}" for place, count in shown[:_MOST]]
    others = sum(count for _, count in shown[_MOST:])
    if len(shown) == 1:
        return f"{len(nodes)} {noun} {at} {visible(shown[0][0])}"
    return f"{len(nodes)} {noun}: " + ", ".join(items + ([f"{others} in other places"] if others else []))


def _folder(node: Node) -> str:
    names = paths(node)
    if not names:
        return "(unnamed)"
    parts = PurePosixPath(names[0]).parent.parts
    return str(PurePosixPath(*parts[: _DEPTH + 1])) if parts else "."


def _address(node: Node) -> str:
    return str(node.attributes.get("ip") or node.attributes.get("path") or "?")
