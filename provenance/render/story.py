"""The story of an attack on one screen: who came in from where, what they ran, changed and contacted, and where the log
has gaps. Every line is a result of the trace; nothing is judged here."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence

from provenance.ingest.clock import ms_of, rfc3339
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind, format_id
from provenance.render.lines import ALERT, COMMAND, ENDPOINT, FILE, QUIET, WIDTH, Line, Span
from provenance.render.objects import changes, contacts, reads
from provenance.render.steps import MARGIN, field, lines_of, step_lines
from provenance.render.touches import WRITES
from provenance.store.interface import Direction, Node
from provenance.text.escape import visible, width
from provenance.text.labels import account, label, short_name
from provenance.text.times import Zone
from provenance.trace.arrivals import is_contacted
from provenance.trace.ranking import SIMILAR, odds
from provenance.trace.result import Entry, Step, Trace

_TALK = frozenset({FlowKind.CONNECTED, FlowKind.SENT, FlowKind.RECEIVED})
_INWARD = frozenset({FlowKind.ACCEPTED}) | _TALK
_ACTS = WRITES | _TALK | {FlowKind.SPAWNED}
_STARTS = 3
_OTHERS = 1
_FILES = 2
_PEERS = 2
"""The most lines of files, and of peers."""
_HOSTS = 6
"""The most lines of hosts: a host that is left out is a host that nobody looks at."""
_BLIND = 2
_DECODED = 4
LINES = 40
"""The most lines of a story, unless every step is asked for."""
_LEAST = 10
"""The lines of steps that a story has at least, however long the rest of it is."""


def story(
    traces: Sequence[Trace], zone: Zone, store: str | None = None, columns: int | None = WIDTH, every: bool = False
) -> Iterator[Line]:
    """The lines of the story of one trace, or of a backward trace and the forward trace from its way in, to be wrapped to
    `columns` (None: not wrapped). The read and changed files, the contacted peers and the hosts are those of its steps.

    `store` is the --store option of the proposed command, None for the default store. A story tells the steps that fit on
    LINES lines, those of least rank first; `every` tells all.
    """
    passing = _passing(traces)
    told = [step for trace in traces for step in trace.chain if step.effects or step.node not in passing]
    head = [*_start(traces[0], zone), *_entries(traces[0], zone)]
    hosts = _hosts(traces, told)
    tail = [
        *_section("Read", reads(told), FILE, _FILES),
        *_section("Changed", changes(told), FILE, _FILES),
        *_section("Contacted", contacts(told), ENDPOINT, _PEERS),
        *_decoded(traces),
        *(_section("Hosts", _with_doubts(hosts, traces), "", _HOSTS) if len(hosts) > 1 else ()),
        *_blind(traces, zone),
        *(line for trace in traces for line in _incomplete(trace)),
        field("Next", Span(next_command(traces, store), COMMAND, uncut=True)),
    ]
    left_out: Counter[str] = Counter()
    for trace in traces:
        left_out.update(trace.left_out)
    used = sum(lines_of(line, columns) for line in (*head, *tail))
    room = None if every else max(LINES - used, _LEAST)
    yield from head
    yield from step_lines(told, left_out, _short_hosts(hosts), zone, columns, room)
    yield from tail


def next_command(traces: Sequence[Trace], store: str | None) -> str:
    """The command that the story proposes next, quoted for a shell: after a backward trace alone, the forward trace from
    its way in; else the raw lines behind the way in, or behind the last step of a forward trace."""
    where = ["--store", store] if store else []
    trace = traces[0]
    nodes = {**trace.context, **trace.slice.nodes}
    if trace.entries:
        entry = trace.entries[0]
        gate = _gate(trace, entry)
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


def _gate(trace: Trace, entry: Entry) -> Node:
    """The process through which an entry came in; the entry's own node when its edge leads to no process."""
    nodes = {**trace.context, **trace.slice.nodes}
    for edge in trace.slice.edges:
        if edge.id == entry.edge and nodes[edge.target].kind is EntityKind.PROCESS:
            return nodes[edge.target]
    return nodes[entry.node]


def _node(node: Node) -> Line:
    if node.kind is not EntityKind.PROCESS:
        return (Span(label(node), ENDPOINT if node.kind is EntityKind.ENDPOINT else FILE),)
    about = ", ".join(part for part in (f"pid {node.attributes.get('pid', '?')}", account(node)) if part)
    return Span(label(node), COMMAND), Span(f" ({about})", QUIET)


def _start(trace: Trace, zone: Zone) -> Iterator[Line]:
    """Where the trace starts."""
    slice_ = trace.slice
    for number, id in enumerate(slice_.start[:_STARTS]):
        node = slice_.nodes[id]
        at = "" if slice_.at is None else f", {zone.stamp(slice_.at)}"
        place = Span(f" on {visible(node.host)}{at}" if node.host else at)
        yield field("" if number else "Start", *(Span(span.text, ALERT) for span in _node(node)), place)
        if slice_.direction is Direction.BACKWARD and slice_.bounds[id] < node.first:
            yield field("", Span(f"first recorded at {zone.stamp(node.first)}, after that time", ALERT))
    if len(slice_.start) > _STARTS:
        yield field("", Span(f"and {len(slice_.start) - _STARTS} more", QUIET))


def _entries(trace: Trace, zone: Zone) -> Iterator[Line]:
    """The best way in, how often its peer came in, and the best way in of another peer."""
    if not trace.entries:
        return
    nodes = {**trace.context, **trace.slice.nodes}
    best = trace.entries[0]
    source, gate = nodes[best.node], _gate(trace, best)
    edge = next((edge for edge in trace.slice.edges if edge.id == best.edge), None)
    yield field("Way in", *_node(source), Span(f", {zone.stamp(best.moment)}"))
    if gate.id != source.id:
        how = "contacted by " if is_contacted(trace.slice, edge) else "through "
        yield field("", Span(how), *_node(gate), Span(f" on {visible(gate.host)}"))
    yield field("", Span(_reason(best, gate), QUIET))
    rival = next((entry for entry in trace.entries[1:] if _peer(nodes[entry.node]) != _peer(source)), None)
    if rival is not None and odds(best.score, rival.score) < SIMILAR:
        yield field("", Span(f"Two candidates: rank {rival.rank} is hardly less likely than rank 1", ALERT))
    same = [entry for entry in trace.entries[1:] if _peer(nodes[entry.node]) == _peer(source)]
    if same:
        first = min(entry.moment for entry in same)
        times = f"{len(same)} more {'times' if len(same) > 1 else 'time'}"
        yield field("", Span(f"the same peer came in {times}, first at {zone.stamp(first)}"))
    others = {_peer(nodes[entry.node]): entry for entry in reversed(trace.entries) if entry not in (best, *same)}
    for entry in sorted(others.values(), key=lambda entry: entry.rank)[:_OTHERS]:
        yield field("", Span(f"or (rank {entry.rank}) {_rival(entry, nodes[entry.node], _gate(trace, entry))}", QUIET))


def _rival(entry: Entry, node: Node, gate: Node) -> str:
    """Another way in, with the beginning of its reason."""
    reason = _reason(entry, gate).split(";", 1)[0]
    if str(node.attributes.get("ip") or node.id) in reason or label(node) in reason:
        return reason
    return f"{short_name(node)}: {reason}"


def _reason(entry: Entry, gate: Node) -> str:
    """The reason of an entry, with the short name of its process: the line before it has the command line."""
    return visible(entry.reason).replace(label(gate), short_name(gate))


def _peer(node: Node) -> object:
    """The identity of a peer: its address without the port, or the entity itself where it has no address."""
    return node.attributes.get("ip") or node.id


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


def _hosts(traces: Sequence[Trace], told: Sequence[Step]) -> list[str]:
    reached = [host.host for trace in traces for host in trace.hosts]
    return list(dict.fromkeys(host for host in (*reached, *(step.host for step in told)) if host))


def _with_doubts(hosts: Sequence[str], traces: Sequence[Trace]) -> list[str]:
    """The hosts, each with what of it is guessed: with the reasons if all fit on few lines, else only how sure it is."""
    doubts = {host.host: host.doubt for trace in reversed(traces) for host in trace.hosts if host.doubt}
    named = [visible(f"{host} ({doubts[host]})" if host in doubts else host) for host in hosts]
    if sum(width(name) + 2 for name in named) <= _PEERS * (WIDTH - MARGIN):
        return named
    return [visible(f"{host} ({doubts[host].split(': ', 1)[0]})" if host in doubts else host) for host in hosts]


def _short_hosts(hosts: Sequence[str]) -> dict[str, str]:
    """Each host's name without its domain, or whole where two hosts would have the same; empty for one host."""
    counts = Counter(host.split(".", 1)[0] for host in hosts)
    short = {host: host.split(".", 1)[0] for host in hosts}
    return {host: name if counts[name] == 1 else host for host, name in short.items()} if len(hosts) > 1 else {}


def _decoded(traces: Sequence[Trace]) -> Iterator[Line]:
    found = {(decoded.text): (trace, decoded) for trace in reversed(traces) for decoded in reversed(trace.decoded)}
    shown = list(reversed(found.values()))
    for number, (trace, decoded) in enumerate(shown[:_DECODED]):
        node = {**trace.context, **trace.slice.nodes}[decoded.node]
        text = f"{visible(decoded.encoding)} in pid {node.attributes.get('pid', '?')}: {visible(decoded.text)}"
        yield field("" if number else "Decoded", Span(text))
    if len(shown) > _DECODED:
        yield field("", Span(f"and {len(shown) - _DECODED} more", QUIET))


def _blind(traces: Sequence[Trace], zone: Zone) -> Iterator[Line]:
    """The blind intervals in short, those of the same time and those for the same reasons together."""
    reasons: dict[tuple[str, int, int], list[str]] = {}
    for blind in dict.fromkeys(blind for trace in traces for blind in trace.blinds):
        reasons.setdefault((blind.host, blind.first, blind.last), []).append(_in_short(blind.why))
    found: dict[str, list[tuple[str, int, int]]] = {}
    for interval, known in reasons.items():
        found.setdefault("; ".join(dict.fromkeys(known)), []).append(interval)
    for number, (why, intervals) in enumerate(list(found.items())[:_BLIND]):
        hosts = ", ".join(dict.fromkeys(visible(host) for host, _, _ in intervals))
        first, last = min(first for _, first, _ in intervals), max(last for *_, last in intervals)
        between = f"{zone.stamp(first)} to {zone.time(last) if zone.day(first) == zone.day(last) else zone.stamp(last)}"
        yield field("" if number else "Blind", Span(f"{hosts}, {between}: {visible(why)}"))
    if len(found) > _BLIND:
        more = sum(map(len, list(found.values())[_BLIND:]))
        yield field("", Span(f"and {more} more blind {'interval' if more == 1 else 'intervals'}", QUIET))
    if not found:
        yield field("Blind", Span("no known gap in the logs during this time", QUIET))


def _in_short(why: str) -> str:
    """What a blind interval hides, without what showed it and what it means (docs/tracing.md#blind-intervals)."""
    return why.split(":", 1)[0].split(" although ", 1)[0]


def _incomplete(trace: Trace) -> Iterator[Line]:
    truncated = trace.slice.truncated
    if truncated is not None:
        flows = f"{truncated.left_out_edges} flows at {len(truncated.at)} entities were not followed"
        yield field("Incomplete", Span(f"{visible(truncated.why)}; {flows}", ALERT))
