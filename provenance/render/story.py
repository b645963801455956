"""The story of an attack on one screen: who came in from where, what they ran, changed and contacted, and where the log
has gaps. Every line is a result of the trace; nothing is judged here."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from provenance.ingest.clock import ms_of, rfc3339
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import format_id
from provenance.render.blindness import blind_lines
from provenance.render.lines import ALERT, COMMAND, ENDPOINT, FILE, QUIET, WIDTH, Line, Span
from provenance.render.logins import with_logins
from provenance.render.objects import changes, contacts, reads
from provenance.render.steps import DENSE, MARGIN, ROOMY, SEE_ALL, SHORT, Density, StepLines, beginning, field, lines_of
from provenance.render.touches import WRITES
from provenance.render.unwritten import unwritten_command, unwritten_text
from provenance.render.ways import gate_of, node_spans, way_lines
from provenance.store.interface import Direction
from provenance.text.counts import counted
from provenance.text.escape import visible, width
from provenance.text.times import Zone
from provenance.trace.limits.doubts import SURE
from provenance.trace.limits.unwritten import Unwritten
from provenance.trace.result import Step, Trace

_TALK = frozenset({FlowKind.CONNECTED, FlowKind.SENT, FlowKind.RECEIVED})
_INWARD = frozenset({FlowKind.ACCEPTED}) | _TALK
_ACTS = WRITES | _TALK | {FlowKind.SPAWNED}
_STARTS = 3
_HOSTS = 6
"""The most lines of hosts: a host that is left out is a host that nobody looks at."""


class _Room(NamedTuple):
    """The most lines of files, of peers, of hosts with the reasons of doubt; the most decoded commands, and blind intervals; and
    how much the lines of steps say."""

    files: int
    peers: int
    reasons: int
    decoded: int
    blinds: int
    density: Density


class _Objects(NamedTuple):
    """The names of what the steps of a story read, changed and contacted."""

    read: list[str]
    changed: list[str]
    contacted: list[str]


_ROOMS = (
    _Room(2, 2, 2, 4, 2, ROOMY),
    _Room(2, 2, 2, 4, 2, SHORT),
    _Room(1, 2, 1, 1, 2, SHORT),
    _Room(1, 2, 1, 1, 2, DENSE),
    _Room(1, 2, 1, 1, 1, DENSE),
)
"""The room below the steps, and what it is if steps would be left out for it."""
LINES = 40
"""The most lines of a story, unless every step is requested."""
_ANY = 100_000
_LEAST = 10
"""The lines of steps that a story has at least, however long the rest of it is."""


def story(
    traces: Sequence[Trace],
    zone: Zone,
    store: str | None = None,
    columns: int | None = WIDTH,
    every: bool = False,
    most: int | None = None,
    how_to_see_all: str = SEE_ALL,
    file: Unwritten | None = None,
) -> Iterator[Line]:
    """The lines of the story of one trace, or of a backward trace and the forward trace from its way in, to be wrapped to
    `columns` (None: not wrapped). The read and changed files, the contacted peers and the hosts are those of its steps.

    `store` is the --store option of the proposed command, None for the default store. A story shows the steps that fit on
    LINES lines, those of least rank first; `every` shows all, and `most` that many of them, on as many lines as they need.
    Where steps are left out, the story says `how_to_see_all`. `file` is what the trace starts from if nothing wrote that.
    """
    starts = frozenset(traces[0].slice.start if traces[0].slice.direction is Direction.FORWARD else ())
    passing = _passing(traces) - starts
    steps = with_logins(_steps(traces), traces)
    shown = [step for step in steps if step.effects or step.node not in passing]
    left_out = Counter(traces[0].left_out)
    more_hosts = left_out.pop("hosts", 0)
    if most is not None:
        left_out["more"] += max(len(shown) - most, 0)
        shown = sorted(shown, key=lambda step: step.rank)[:most]
    head = [*_start(traces[0], zone), *way_lines(traces[0], zone)]
    proposed = None
    if file is not None:
        head.append(field("", Span(unwritten_text(file, zone))))
        proposed = unwritten_command(file, store)
    short = _short_hosts(_hosts(traces, shown))
    reached = {host.host: host for trace in reversed(traces) for host in trace.hosts}
    guessed = frozenset(name for name, host in reached.items() if host.doubt and host.confidence < SURE)
    clocks = {name: host.clock_confidence for name, host in reached.items()}
    objects = _Objects(reads(shown), changes(shown), contacts(shown))
    chosen: tuple[StepLines, list[Line]] | None = None
    density = ROOMY
    drawn: dict[Density, StepLines] = {}
    for known in _ROOMS:
        tail = [
            *_tail(traces, shown, objects, zone, known, more_hosts),
            field("Next", _next(proposed or next_command(traces, store))),
        ]
        used = sum(lines_of(line, columns) for line in (*head, *tail))
        room = None if every else _ANY if most is not None else max(LINES - used, _LEAST)
        if room is not None and known.density in drawn:
            lines = drawn[known.density].in_room(room)
        else:
            lines = drawn[known.density] = StepLines(
                shown, left_out, short, zone, columns, room, how_to_see_all, guessed, starts, clocks, known.density
            )
        if chosen is None or known.density != density or lines.number > chosen[0].number:
            chosen, density = (lines, tail), known.density
        if not lines.is_short_of_room:
            break
    assert chosen is not None
    yield from head
    yield from chosen[0].lines()
    yield from chosen[1]


def _steps(traces: Sequence[Trace]) -> Sequence[Step]:
    """The steps of the traces. The chain of a backward trace also has what the peer of its way in did, as far as it was not for
    other clients, so that a forward trace from there has no further steps. A forward trace without
    flows has no step: its start did nothing from then on."""
    return () if _is_without_flows(traces[0]) else traces[0].chain


def _is_without_flows(trace: Trace) -> bool:
    return trace.slice.direction is Direction.FORWARD and not trace.slice.edges


def _tail(
    traces: Sequence[Trace], steps: Sequence[Step], objects: _Objects, zone: Zone, room: _Room, more_hosts: int
) -> Iterator[Line]:
    """What comes below the steps. `more_hosts` is the number of hosts whose steps are left out."""
    hosts = _hosts(traces, steps)
    yield from _section("Read", objects.read, FILE, room.files)
    yield from _section("Changed", objects.changed, FILE, room.files)
    yield from _section("Contacted", objects.contacted, ENDPOINT, room.peers)
    yield from _decoded(traces, room.decoded)
    if len(hosts) > 1 or more_hosts:
        named = _with_doubts(hosts, traces, room.reasons)
        if more_hosts:
            named.append(f"{counted(more_hosts, 'more host')} whose steps are left out")
        yield from _section("Hosts", named, "", _HOSTS)
    yield from blind_lines(traces, steps, zone, room.blinds)
    for trace in traces:
        yield from _incomplete(trace)


def _next(command: str) -> Span:
    return Span(command, COMMAND, unwrapped=True)


def next_command(traces: Sequence[Trace], store: str | None) -> str:
    """The command that the story proposes next, quoted for a shell: after a backward trace alone, the forward trace from
    its way in; else the raw lines behind the way in, or behind the last step of a forward trace."""
    where = ["--store", store] if store else []
    trace = traces[0]
    nodes = {**trace.context, **trace.slice.nodes}
    if trace.entries:
        entry = trace.entries[0]
        gate = gate_of(trace, entry)
        if len(traces) == 1 and trace.slice.direction is Direction.BACKWARD:
            since = rfc3339(ms_of(entry.moment))
            words = ["forward", *where, "--id", format_id(gate.kind, gate.id), "--since", since]
        else:
            words = ["evidence", *where, entry.edge or format_id(gate.kind, gate.id)]
    elif trace.chain:
        step = trace.chain[-1]
        words = ["evidence", *where, step.edge or format_id(nodes[step.node].kind, step.node)]
    else:
        start = trace.slice.start[0]
        words = ["show", *where, format_id(nodes[start].kind, start)]
    return shlex.join(["provenance", *words])


def _start(trace: Trace, zone: Zone) -> Iterator[Line]:
    """Where the trace starts."""
    slice_ = trace.slice
    for number, id in enumerate(slice_.start[:_STARTS]):
        node = slice_.nodes[id]
        at = "" if slice_.at is None else f", {zone.stamp(slice_.at)}"
        place = Span(f" on {visible(node.host)}{at}" if node.host else at)
        yield field("" if number else "Start", *(Span(span.text, ALERT) for span in node_spans(node)), place)
        if slice_.direction is Direction.BACKWARD and slice_.bounds[id] < node.first:
            yield field("", Span(f"first recorded at {zone.stamp(node.first)}, after that time", ALERT))
        elif _is_without_flows(trace):
            yield field("", Span("no flow from it is recorded" + (" after that time" if at else ""), ALERT))
    if len(slice_.start) > _STARTS:
        yield field("", Span(f"and {len(slice_.start) - _STARTS} more", QUIET))


def _passing(traces: Sequence[Trace]) -> set[int]:
    """Program images that did nothing but run the next program: no change, no connection, no child process."""
    edges = [edge for trace in traces for edge in trace.slice.edges]
    acting = {edge.source for edge in edges if edge.kind in _ACTS} | {
        edge.target for edge in edges if edge.kind in _INWARD
    }
    return {edge.source for edge in edges if edge.kind is FlowKind.EXECUTED} - acting


def _section(name: str, items: Sequence[str], style: str, most: int) -> Iterator[Line]:
    """Names separated by commas, as many as fit on about `most` lines; at least one."""
    if not items:
        return
    shown, room = 0, most * (WIDTH - MARGIN)
    while shown < len(items) and (shown == 0 or width(items[shown]) + 2 <= room):
        room -= width(items[shown]) + 2
        shown += 1
    more = [f"and {len(items) - shown} more"] if len(items) > shown else []
    yield field(name, Span(", ".join([*items[:shown], *more]), style))


def _hosts(traces: Sequence[Trace], steps: Sequence[Step]) -> list[str]:
    reached = [host.host for trace in traces for host in trace.hosts]
    return list(dict.fromkeys(host for host in (*reached, *(step.host for step in steps)) if host))


def _doubts(traces: Sequence[Trace]) -> dict[str, str]:
    """What is guessed of each host that a guess led to: in words, or only how sure it is if it is as good as known."""
    return {
        host.host: host.doubt if host.confidence < SURE else f"{host.confidence:g}"
        for trace in reversed(traces)
        for host in trace.hosts
        if host.doubt
    }


def _with_doubts(hosts: Sequence[str], traces: Sequence[Trace], most: int) -> list[str]:
    """The hosts, each with what of it is guessed: with the reasons if all fit on `most` lines, else only how sure it is."""
    doubts = _doubts(traces)
    named = [visible(f"{host} ({doubts[host]})" if host in doubts else host) for host in hosts]
    if sum(width(name) + 2 for name in named) <= most * (WIDTH - MARGIN):
        return named
    return [visible(f"{host} ({doubts[host].split(': ', 1)[0]})" if host in doubts else host) for host in hosts]


def _short_hosts(hosts: Sequence[str]) -> dict[str, str]:
    """Each host's name without its domain, or with it where two hosts would have the same; empty for one host."""
    counts = Counter(host.split(".", 1)[0] for host in hosts)
    short = {host: host.split(".", 1)[0] for host in hosts}
    return {host: name if counts[name] == 1 else host for host, name in short.items()} if len(hosts) > 1 else {}


def _decoded(traces: Sequence[Trace], most: int) -> Iterator[Line]:
    found = {(decoded.text): (trace, decoded) for trace in reversed(traces) for decoded in reversed(trace.decoded)}
    shown = list(reversed(found.values()))
    for number, (trace, decoded) in enumerate(shown[:most]):
        node = {**trace.context, **trace.slice.nodes}[decoded.node]
        text = (
            f"{visible(decoded.encoding)} in pid {node.attributes.get('pid', '?')}: {beginning(visible(decoded.text))}"
        )
        yield field("" if number else "Decoded", Span(text))
    if len(shown) > most:
        yield field("", Span(f"and {len(shown) - most} more", QUIET))


def _incomplete(trace: Trace) -> Iterator[Line]:
    truncated = trace.slice.truncated
    if truncated is not None:
        was = "was" if truncated.left_out_edges == 1 else "were"
        flows = (
            f"{counted(truncated.left_out_edges, 'flow')} at {counted(len(truncated.at), 'entity')} {was} not followed"
        )
        yield field("Incomplete", Span(f"{visible(truncated.why)}; {flows}", ALERT))
