"""The story of an attack on one screen: who came in from where, what they ran, changed and contacted, and where the log
has gaps. Every line is a result of the trace; nothing is judged here."""

from __future__ import annotations

import posixpath
import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from provenance.ingest.clock import ms_of, rfc3339
from provenance.ingest.facts import Blind, FlowKind
from provenance.ingest.identity import EntityKind, format_id
from provenance.render.lines import ALERT, COMMAND, ENDPOINT, FILE, HEADING, QUIET, TIME, Line, Span
from provenance.render.touches import WRITES
from provenance.store.interface import Direction, Node
from provenance.text.escape import cut, visible, width
from provenance.text.labels import label, paths
from provenance.text.times import Zone
from provenance.trace.ranking import SIMILAR, odds
from provenance.trace.result import Entry, Step, Trace

_MARGIN = 11
_COLUMNS = 100
_STARTS = 3
_OTHERS = 1
_NOTED_MS = 1_000
"""Corrections of a clock up to this one are not noted in the story."""
_STEPS = 28
_FILES = 14
_PEERS = 8
_PER_FOLDER = 5
"""The most files of one folder that are named one by one; more are counted."""
_BLIND = 3
_DECODED = 4
_WRAPPED = 3

_INWARD = frozenset({FlowKind.ACCEPTED})
_TALK = frozenset({FlowKind.CONNECTED, FlowKind.SENT, FlowKind.RECEIVED})
_ACTS = WRITES | _TALK | {FlowKind.SPAWNED}


def story(traces: Sequence[Trace], zone: Zone, store: str | None = None) -> Iterator[Line]:
    """The lines of the story of one trace, or of a backward trace and the forward trace from its way in. With two traces,
    the changed files and contacted peers are those of the forward trace: what came before the way in is not part of the
    attack.

    `store` is the --store option of the proposed command, None for the default store.
    """
    yield from _start(traces[0], zone)
    yield from _entries(traces[0], zone)
    passing = _passing(traces)
    steps = [step for trace in traces for step in trace.chain if step.node not in passing]
    labels = {id: label(node) for trace in traces for id, node in (*trace.context.items(), *trace.slice.nodes.items())}
    yield from _steps(steps, labels, len(_hosts(traces)) > 1, zone)
    yield from _section("Changed", _files(traces[-1:]), FILE, _FILES)
    yield from _section("Contacted", _peers(traces[-1:]), ENDPOINT, _PEERS)
    yield from _decoded(traces)
    if len(_hosts(traces)) > 1:
        yield from _section("Hosts", _hosts(traces), "", _PEERS)
    yield from _blind(traces, zone)
    for trace in traces:
        yield from _incomplete(trace)
    yield _field("Next", Span(next_command(traces, store), COMMAND, uncut=True))


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
    who = node.attributes.get("user") or (f"uid {node.attributes['uid']}" if "uid" in node.attributes else "")
    about = ", ".join(part for part in (f"pid {node.attributes.get('pid', '?')}", visible(str(who))) if part)
    return Span(label(node), COMMAND), Span(f" ({about})", QUIET)


def _field(name: str, *spans: Span) -> Line:
    return (Span(name.ljust(_MARGIN), HEADING), *spans)


def _wrapped(name: str, text: str, style: str = "") -> Iterator[Line]:
    """A text on as many lines as it needs, at most _WRAPPED; a text that needs more is cut."""
    lines = textwrap.wrap(text, _COLUMNS - _MARGIN, break_on_hyphens=False) or [""]
    for number, line in enumerate(lines[:_WRAPPED]):
        more = " …" if number == _WRAPPED - 1 and len(lines) > _WRAPPED else ""
        yield _field("" if number else name, Span(line + more, style))


def _start(trace: Trace, zone: Zone) -> Iterator[Line]:
    """Where the trace starts."""
    slice_ = trace.slice
    for number, id in enumerate(slice_.start[:_STARTS]):
        node = slice_.nodes[id]
        at = "" if slice_.at is None else f", {zone.stamp(slice_.at)}"
        place = Span(f" on {visible(node.host)}{at}" if node.host else at)
        yield _field("" if number else "Start", *(Span(span.text, ALERT) for span in _node(node)), place)
        if slice_.direction is Direction.BACKWARD and slice_.bounds[id] < node.first:
            yield _field("", Span(f"first recorded at {zone.stamp(node.first)}, after that time", ALERT))
    if len(slice_.start) > _STARTS:
        yield _field("", Span(f"and {len(slice_.start) - _STARTS} more", QUIET))


def _entries(trace: Trace, zone: Zone) -> Iterator[Line]:
    """The best way in, how often its peer came in, and the best way in of another peer."""
    if not trace.entries:
        return
    nodes = {**trace.context, **trace.slice.nodes}
    best = trace.entries[0]
    source, gate = nodes[best.node], _gate(trace, best)
    yield _field("Way in", *_node(source), Span(f", {zone.stamp(best.moment)}"))
    if gate.id != source.id:
        yield _field("", Span("through "), *_node(gate), Span(f" on {visible(gate.host)}"))
    yield from _wrapped("", visible(best.reason), QUIET)
    rival = next((entry for entry in trace.entries[1:] if _peer(nodes[entry.node]) != _peer(source)), None)
    if rival is not None and odds(best.score, rival.score) < SIMILAR:
        yield from _wrapped("", f"Two candidates: rank {rival.rank} is hardly less likely than rank 1", ALERT)
    same = [entry for entry in trace.entries[1:] if _peer(nodes[entry.node]) == _peer(source)]
    if same:
        first = min(entry.moment for entry in same)
        times = f"{len(same)} more {'times' if len(same) > 1 else 'time'}"
        yield _field("", Span(f"the same peer came in {times}, first at {zone.stamp(first)}"))
    others = {_peer(nodes[entry.node]): entry for entry in reversed(trace.entries) if entry not in (best, *same)}
    for entry in sorted(others.values(), key=lambda entry: entry.rank)[:_OTHERS]:
        about = f": {visible(entry.reason)}"
        yield _field("", Span(f"or (rank {entry.rank}) ", QUIET), *_node(nodes[entry.node]), Span(about, QUIET))


def _peer(node: Node) -> object:
    """The identity of a peer: its address without the port, or the entity itself where it has no address."""
    return node.attributes.get("ip") or node.id


def _passing(traces: Sequence[Trace]) -> set[int]:
    """Program images that did nothing but run the next program: no change, no connection, no child process."""
    edges = [edge for trace in traces for edge in trace.slice.edges]
    acting = {edge.source for edge in edges if edge.kind in _ACTS} | {
        edge.target for edge in edges if edge.kind in _INWARD | _TALK
    }
    return {edge.source for edge in edges if edge.kind is FlowKind.EXECUTED} - acting


def _corrections(steps: Iterable[Step]) -> Iterator[Line]:
    """Which hosts' times differ by a second or more from those in their logs."""
    known = {step.host: step.correction_ms for step in steps if abs(step.correction_ms) >= _NOTED_MS}
    for host, ms in sorted(known.items()):
        yield _field("", Span(f"times of {visible(host)} are corrected by {ms / 1000:+.3f} s", QUIET))


def _steps(steps: Iterable[Step], labels: Mapping[int, str], hosts: bool, zone: Zone) -> Iterator[Line]:
    distinct = {(step.moment, step.host, step.text): step for step in steps}
    ordered = sorted(distinct.values(), key=lambda step: step.moment)
    day = ""
    for number, step in enumerate(ordered[:_STEPS]):
        if zone.day(step.moment) != day:
            day = zone.day(step.moment)
            yield _field("Steps" if number == 0 else "", Span(day, TIME))
        where = f"{visible(step.host)} " if hosts else ""
        when = f"{zone.time(step.moment)}  "
        room = _COLUMNS - _MARGIN - width(when) - width(where)
        yield _field("", Span(when, TIME), Span(where, QUIET), Span(_step_text(step, labels.get(step.node, ""), room)))
    if len(ordered) > _STEPS:
        yield _field("", Span(f"and {len(ordered) - _STEPS} more steps; --format json lists all", QUIET))
    yield from _corrections(ordered)


def _step_text(step: Step, command: str, room: int) -> str:
    """The text of a step. A long command is cut, so that what it did, which comes after it, fits the line."""
    effects = step.text.removeprefix(command)
    if not command or effects == step.text or width(visible(step.text)) <= room:
        return visible(step.text)
    return cut(visible(command), max(room - width(visible(effects)), room // 2)) + visible(effects)


def _section(name: str, items: Sequence[str], style: str, most: int) -> Iterator[Line]:
    """Names separated by commas, at most `most` of them, on as many lines as they need."""
    if not items:
        return
    more = f"and {len(items) - most} more" if len(items) > most else ""
    line = ""
    for item in [*items[:most], *([more] if more else [])]:
        if line and width(line) + width(item) + 2 > _COLUMNS - _MARGIN:
            yield _field(name, Span(line + ",", style))
            name, line = "", ""
        line = f"{line}, {item}" if line else item
    yield _field(name, Span(line, style))


def _files(traces: Sequence[Trace]) -> list[str]:
    """Names of the files that were written, renamed, ..., in order of time. Many files of one folder become a count, and
    a folder is left out when a file in it is listed."""
    found: dict[str, str] = {}
    for trace in traces:
        for edge in sorted(trace.slice.edges, key=lambda edge: (edge.first, edge.id)):
            target = trace.slice.nodes[edge.target]
            if edge.kind in WRITES and target.kind is EntityKind.FILE and paths(target):
                found.setdefault(label(target), visible(posixpath.dirname(paths(target)[0])))
    folders = set(found.values())
    in_folder = Counter(folder for name, folder in found.items() if name not in folders)
    items = (
        name if in_folder[folder] <= _PER_FOLDER else f"{in_folder[folder]} files in {folder.rstrip('/')}/"
        for name, folder in found.items()
        if name not in folders
    )
    return list(dict.fromkeys(items))


def _peers(traces: Sequence[Trace]) -> list[str]:
    """The network peers that a process connected to or exchanged data with, in order of time, except clients of a service."""
    found: dict[str, None] = {}
    for trace in traces:
        served = {edge.source for edge in trace.slice.edges if edge.kind in _INWARD}
        for edge in sorted(trace.slice.edges, key=lambda edge: (edge.first, edge.id)):
            for end in (edge.source, edge.target):
                node = trace.slice.nodes[end]
                if edge.kind in _TALK and "ip" in node.attributes and end not in served:
                    found.setdefault(label(node))
    return list(found)


def _hosts(traces: Sequence[Trace]) -> list[str]:
    return list(dict.fromkeys(visible(host.host) for trace in traces for host in trace.hosts))


def _decoded(traces: Sequence[Trace]) -> Iterator[Line]:
    found = {(decoded.text): (trace, decoded) for trace in reversed(traces) for decoded in reversed(trace.decoded)}
    shown = list(reversed(found.values()))
    for number, (trace, decoded) in enumerate(shown[:_DECODED]):
        node = {**trace.context, **trace.slice.nodes}[decoded.node]
        text = f"{visible(decoded.encoding)} in pid {node.attributes.get('pid', '?')}: {visible(decoded.text)}"
        yield from _wrapped("" if number else "Decoded", text)
    if len(shown) > _DECODED:
        yield _field("", Span(f"and {len(shown) - _DECODED} more", QUIET))


def _blind(traces: Sequence[Trace], zone: Zone) -> Iterator[Line]:
    blinds: dict[tuple[str, str], list[Blind]] = {}
    for blind in dict.fromkeys(blind for trace in traces for blind in trace.blinds):
        blinds.setdefault((blind.host, blind.why), []).append(blind)
    for number, spans in enumerate(list(blinds.values())[:_BLIND]):
        blind = spans[0]
        between = f"{zone.stamp(blind.first)} to {zone.stamp(max(span.last for span in spans))}"
        between += f" ({len(spans)} times)" * (len(spans) > 1)
        yield from _wrapped("" if number else "Blind", f"{visible(blind.host)}, {between}: {visible(blind.why)}")
    if len(blinds) > _BLIND:
        yield _field("", Span(f"and {len(blinds) - _BLIND} more blind intervals", QUIET))
    if not blinds:
        yield _field("Blind", Span("no known gap in the logs during this time", QUIET))


def _incomplete(trace: Trace) -> Iterator[Line]:
    truncated = trace.slice.truncated
    if truncated is not None:
        flows = f"{truncated.left_out_edges} flows at {len(truncated.at)} entities were not followed"
        yield _field("Incomplete", Span(f"{visible(truncated.why)}; {flows}", ALERT))
