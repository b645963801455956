"""Services: the ports on which the servers that peers entered through listen, as far as the log shows a `listen`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from provenance.ingest.clock import FIRST, LAST
from provenance.store.interface import Store
from provenance.trace.result import Entry, Slice
from provenance.trace.way_in.arrivals import copies_up, is_contacted

LISTEN = "LISTEN"
"""The type of the notes that a process listens on a port."""
_PORT = re.compile(r" port (\d{1,5})\Z")


def with_ports(store: Store, slice_: Slice, ways: Iterable[Entry]) -> tuple[Entry, ...]:
    """The ways in, each with the ports on which its server listened before the peer entered, in order of number. A copy that
    a server forked has the server's. Raises StoreError."""
    ways = tuple(ways)
    edges = {edge.id: edge for edge in slice_.edges}
    lines = {
        way.edge: copies_up(slice_, edges[way.edge].target)
        for way in ways
        if way.edge is not None and way.edge in edges and not is_contacted(slice_, edges[way.edge])
    }
    listened = _listened(store, {id for line in lines.values() for id in line})
    return tuple(replace(way, ports=_ports(lines.get(way.edge or "", ()), listened, way.moment)) for way in ways)


def _listened(store: Store, processes: set[int]) -> Mapping[int, Mapping[int, int]]:
    """For each process the ports on which it listened, each with the first moment."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for note in store.notes(None, FIRST, LAST, processes) if processes else ():
        port = _PORT.search(note.text)
        if note.type == LISTEN and port is not None and note.subject is not None:
            found[note.subject].setdefault(int(port[1]), note.moment)
    return found


def _ports(line: Iterable[int], listened: Mapping[int, Mapping[int, int]], moment: int) -> tuple[int, ...]:
    """The ports of the nearest process of a line that listened."""
    for id in line:
        known = tuple(sorted(port for port, since in listened.get(id, {}).items() if since <= moment))
        if known:
            return known
    return ()
