"""What surrounds a slice: the hosts it touches, commands hidden in its arguments, and where the log could not see."""

from __future__ import annotations

from collections.abc import Iterable

from ingest.clock import FIRST, LAST, shift
from ingest.facts import Blind, FlowKind
from ingest.identity import EntityKind
from provenance.decode import decode_argv
from provenance.store.interface import HostSummary, Node
from provenance.trace.result import Decoded, HostReached, Slice


def hosts(slice_: Slice, summaries: Iterable[HostSummary]) -> tuple[HostReached, ...]:
    """The hosts of a slice in the order in which it reached them, on a common clock."""
    skew = {summary.host: summary.skew_ms for summary in summaries}
    first: dict[str, int] = {}
    for node in slice_.nodes.values():
        moment = slice_.bounds[node.id] if node.first < FIRST + 1 else node.first
        first[node.host] = min(first.get(node.host, LAST), moment)
    via: dict[str, list[str]] = {}
    for edge in slice_.edges:
        if edge.kind is FlowKind.REACHED:
            ends = slice_.nodes[edge.source].host, slice_.nodes[edge.target].host
            if ends[0] != ends[1]:
                for host in ends:
                    via.setdefault(host, []).append(edge.id)
    starts = {slice_.nodes[id].host for id in slice_.start if id in slice_.nodes}
    ordered = sorted(first, key=lambda host: (host not in starts, shift(first[host], skew.get(host, 0)), host))
    return tuple(HostReached(host, first[host], () if host in starts else tuple(via.get(host, ()))) for host in ordered)


def decoded(nodes: Iterable[Node]) -> tuple[Decoded, ...]:
    """Commands hidden in the arguments of programs, each once for the first image that carries it."""
    found: dict[tuple[str, str, str], Decoded] = {}
    for node in sorted(nodes, key=lambda node: (node.first, node.id)):
        argv = node.attributes.get("argv")
        if node.kind is EntityKind.PROCESS and argv and not node.attributes.get("forked"):
            for decoding in decode_argv(argv):
                found.setdefault(
                    (node.host, decoding.text, " ".join(argv)), Decoded(node.id, decoding.encoding, decoding.text)
                )
    return tuple(found.values())


def blinds(slice_: Slice, known: Iterable[Blind]) -> tuple[Blind, ...]:
    """The blind intervals that the slice crosses: on its hosts, while its flows were active."""
    spans: dict[str, tuple[int, int]] = {}
    for edge in slice_.edges:
        host = slice_.nodes[edge.target].host
        first, last = spans.get(host, (LAST, FIRST))
        spans[host] = (min(first, edge.first), max(last, edge.first))
    return tuple(
        blind
        for blind in known
        if blind.host in spans and blind.first <= spans[blind.host][1] and blind.last >= spans[blind.host][0]
    )
