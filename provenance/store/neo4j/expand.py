"""One step of a trace: the runs into, or out of, a whole frontier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from operator import itemgetter

from provenance.ingest.facts import Flow
from provenance.store.interface import Direction
from provenance.store.neo4j.flows import KINDS, to_flow
from provenance.store.neo4j.server import Server

_CHUNK = 5_000
_ORDER = {Direction.BACKWARD: itemgetter(2, 3, 1, 0), Direction.FORWARD: itemgetter(1, 3, 2, 0)}


def expand(server: Server, direction: Direction, frontier: Mapping[int, int], limit: int | None) -> Iterator[Flow]:
    """See `Store.expand`."""
    ordered = iter(sorted(frontier.items()))
    while chunk := list(islice(ordered, _CHUNK)):
        requested = [{"key": key, "bound": bound} for key, bound in chunk]
        if limit is None:
            rows = server.read(f"trace/{direction.value}", frontier=requested, kinds=KINDS)
        else:
            rows = server.read(f"trace/{direction.value}_nearest", frontier=requested, kinds=KINDS, limit=limit)
        rows.sort(key=_ORDER[direction])
        yield from map(to_flow, rows)
