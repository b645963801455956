"""What surrounds a slice: the hosts it touches, commands hidden in its arguments, and blind intervals of the logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from provenance.decode import Decoding, decode_argv
from provenance.ingest.clock import FIRST, LAST, shift
from provenance.ingest.facts import LINEAGE, Blind, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.ingest.rules.gaps import WHY
from provenance.ingest.rules.losses import BEGINS_CUT
from provenance.store.interface import Direction, HostSummary, Node
from provenance.trace.limits.gaps import unexplained
from provenance.trace.limits.unrecorded_calls import lacking
from provenance.trace.result import Decoded, HostReached, Slice, TraceEdge
from provenance.trace.slice.clocks import at_target

_CACHED, _LONGEST = 2_048, 4_096
"""How many command lines have their decodings cached, and up to how many characters."""


def skews_of(summaries: Iterable[HostSummary]) -> dict[str, int]:
    """What to add to each host's times to put them on a common clock, in ms."""
    return {summary.host: summary.skew_ms for summary in summaries}


def hosts(slice_: Slice, summaries: Iterable[HostSummary]) -> tuple[HostReached, ...]:
    """The hosts of a slice in the order in which it reached them, on a common clock: where it starts from its first
    flow, on other hosts from the first connection that leads there."""
    skew = skews_of(summaries)
    starts = {slice_.nodes[id].host for id in slice_.start if id in slice_.nodes}
    first: dict[str, int] = {node.host: slice_.bounds[node.id] for node in slice_.nodes.values()}
    via: dict[str, list[TraceEdge]] = {}
    for edge in slice_.edges:
        source, target = slice_.nodes[edge.source].host, slice_.nodes[edge.target].host
        if edge.kind is not FlowKind.REACHED:
            first[target] = min(first[target], edge.first)
        elif source != target:
            for host in (source, target):
                via.setdefault(host, []).append(edge)
    for host, edges in via.items():
        if host not in starts:
            first[host] = min(_on_clock_of(host, edge, slice_) for edge in edges)
    ordered = sorted(first, key=lambda host: (host not in starts, shift(first[host], skew.get(host, 0)), host))
    return tuple(
        HostReached(host, first[host], () if host in starts else tuple(edge.id for edge in via.get(host, ())))
        for host in ordered
    )


def _on_clock_of(host: str, edge: TraceEdge, slice_: Slice) -> int:
    """When a connection began, on the clock of one of its ends."""
    if slice_.nodes[edge.source].host == host:
        return edge.first
    return at_target(edge, edge.first)


def decoded(nodes: Iterable[Node]) -> tuple[Decoded, ...]:
    """Commands hidden in the arguments of programs, each once for the first image that carries it."""
    seen: set[tuple[str, str]] = set()
    found: list[Decoded] = []
    for node in sorted(nodes, key=lambda node: (node.first, node.id)):
        argv = node.attributes.get("argv")
        if node.kind is EntityKind.PROCESS and argv and not node.attributes.get("forked"):
            command = (node.host, " ".join(argv))
            if command not in seen:
                seen.add(command)
                found += (Decoded(node.id, decoding.encoding, decoding.text) for decoding in _hidden(argv))
    return tuple(found)


def _hidden(argv: Sequence[str]) -> Sequence[Decoding]:
    """The texts hidden in the arguments of a command. Cached, as many traces meet the same programs, unless the command is
    long."""
    return _cached(tuple(argv)) if sum(map(len, argv)) <= _LONGEST else decode_argv(argv)


@lru_cache(_CACHED)
def _cached(argv: tuple[str, ...]) -> Sequence[Decoding]:
    return tuple(decode_argv(argv))


def blinds(slice_: Slice, known: Iterable[Blind], summaries: Iterable[HostSummary]) -> tuple[Blind, ...]:
    """The blind intervals that the slice crosses: on its hosts, while its flows were active, and later as long as what one of
    its processes did counts. Missing serials that other hosts of the same kernel hold are no loss. Last come the calls that
    the log of a host never recorded."""
    known, summaries = tuple(known), tuple(summaries)
    return (*unexplained(_crossed(slice_, known), summaries), *lacking(slice_, known, summaries))


def _crossed(slice_: Slice, known: Sequence[Blind]) -> Iterator[Blind]:
    spans: dict[str, tuple[int, int]] = {}
    for edge in slice_.edges:  # in order of their first moments
        host = slice_.nodes[edge.target].host
        spans[host] = (spans[host][0] if host in spans else edge.first, edge.first)
    for id, bound in slice_.bounds.items():
        node = slice_.nodes.get(id)
        if node is not None and node.kind is EntityKind.PROCESS:
            first, last = spans.get(node.host, (LAST, FIRST))
            until = _acts_until(slice_, node, bound)
            if until > last:
                spans[node.host] = (first, until)
    before: dict[str, Blind] = {}
    for blind in known:
        first, last = spans.get(blind.host, (LAST, FIRST))
        if blind.first <= last and blind.last >= first:
            yield blind
        elif (
            blind.why in (WHY, BEGINS_CUT)
            and blind.last < first < LAST
            and (blind.host not in before or blind.last > before[blind.host].last)
        ):
            before[blind.host] = blind
    unexplained_on = _hosts_with_unexplained_processes(slice_) if slice_.direction is Direction.BACKWARD else ()
    yield from (blind for host, blind in sorted(before.items()) if host in unexplained_on)


def _hosts_with_unexplained_processes(slice_: Slice) -> set[str]:
    """The hosts of processes that no record shows begin or act, but init: what is missing before may hold their begin."""
    begun = {edge.target for edge in slice_.edges if edge.kind in LINEAGE}
    return {
        node.host
        for node in slice_.nodes.values()
        if node.attributes.get("observed_only") and node.attributes.get("pid") not in (0, 1) and node.id not in begun
    }


def _acts_until(slice_: Slice, node: Node, bound: int) -> int:
    """Until when what a process did counts: until its end, and backward not after its bound."""
    end = node.attributes.get("end")
    end = LAST if end is None else end
    return min(bound, end) if slice_.direction is Direction.BACKWARD else end
