"""Effects: what a program did to peers and files, as acts of one edge each and as the words of a step."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from provenance.ingest.clock import at_ms, ms_of
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.text.addresses import is_loopback
from provenance.text.escape import visible
from provenance.text.labels import dated_paths, label, paths
from provenance.trace.programs.persistence import is_lasting
from provenance.trace.programs.routine import is_installed, is_library, is_queue, is_routine_file
from provenance.trace.programs.secrets import is_secret
from provenance.trace.programs.tracks import covers_tracks, is_log
from provenance.trace.result import Effect, TraceEdge

VERBS: Mapping[FlowKind, str] = {
    FlowKind.CONNECTED: "contacts",
    FlowKind.READ: "reads",
    FlowKind.LOADED: "loads",
    FlowKind.WROTE: "writes",
    FlowKind.RENAMED: "renames",
    FlowKind.LINKED: "links",
    FlowKind.CHANGED_MODE: "changes the mode of",
    FlowKind.CHANGED_OWNER: "changes the owner of",
    FlowKind.DELETED: "deletes",
}
"""The verb of each kind of flow that a step names, in the order in which it names them."""
CHANGING = tuple(kind for kind in VERBS if kind not in (FlowKind.CONNECTED, FlowKind.READ, FlowKind.LOADED))
"""The kinds of flows that change a file."""
CHANGES = tuple(VERBS[kind] for kind in CHANGING)
_MAKING = (FlowKind.WROTE, FlowKind.RENAMED, FlowKind.LINKED)
_USES = (VERBS[FlowKind.READ], VERBS[FlowKind.LOADED])
LATER_MS = 50
"""How much later than its program an effect must be to be a step of its own."""
MUCH_LATER_MS = 60_000
"""How much later than the first effect of its step one must be to be a step of its own though no other step came between."""
_DOMAIN = 53
_ARROW = " → "
_MANY = 3
"""Among how many other changed files, at least, a lasting change is a step of its own."""
_NAMED = 6
"""How many objects of one effect the text of a step names."""


@dataclass(frozen=True, slots=True)
class Act:
    """What one edge shows a process do to an object."""

    moment: int
    process: int
    object: int
    edge: TraceEdge


class Object(NamedTuple):
    """What counts of the object of an act: its label; whether it is a peer, and whether a name server; whether a file is a
    secret, or one by which a change lasts; whether a story shows that it was read or changed; and its paths that are logs."""

    label: str
    is_peer: bool
    is_name_server: bool
    is_secret: bool
    is_lasting: bool
    is_read_shown: bool
    is_change_shown: bool
    logs: tuple[str, ...]


class Objects(dict[int, Object]):
    """The objects of acts by their ids. Each is looked at once, when it is first needed: many edges lead to the same file. `run`
    are the files that were changed and then run."""

    def __init__(self, nodes: Mapping[int, Node], run: frozenset[int] = frozenset()) -> None:
        super().__init__()
        self.nodes = nodes
        self.run = run

    def with_nodes(self, nodes: Mapping[int, Node], run: frozenset[int]) -> Objects:
        """The same with more nodes and files that were run."""
        more = Objects(nodes, self.run | run)
        more.update(self)
        return more

    def __missing__(self, id: int) -> Object:
        found = self[id] = _object(self.nodes[id])
        return found


def act_of(edge: TraceEdge, objects: Objects) -> Act | None:
    """The act of an edge: None unless its object is a peer or a named file that is not routine."""
    if edge.kind not in VERBS:
        return None
    inward = edge.kind in (FlowKind.READ, FlowKind.LOADED)
    process, id = (edge.target, edge.source) if inward else (edge.source, edge.target)
    object_ = objects[id]
    is_shown = object_.is_read_shown if edge.kind is FlowKind.READ else object_.is_change_shown
    act = Act(edge.first, process, id, edge)
    return act if is_shown or object_.is_peer or is_covering(act, objects) else None


def moments_of(edge: TraceEdge) -> list[int]:
    """The moments of the flows of an edge, as far as its evidence shows them, in order; the first is that of the edge."""
    later_ms = sorted({event.ms for event in edge.evidence if event.ms > ms_of(edge.first)})
    return [edge.first, *map(at_ms, later_ms)]


def is_secret_read(act: Act, objects: Objects) -> bool:
    """Whether an act is the reading of a secret."""
    return act.edge.kind is FlowKind.READ and objects[act.object].is_secret


def is_lasting_change(act: Act, objects: Objects) -> bool:
    """Whether an act changes a file that starts programs later or lets somebody log in."""
    return act.edge.kind in CHANGING and objects[act.object].is_lasting


def is_planting(act: Act, objects: Objects) -> bool:
    """Whether an act makes a file that was run."""
    return act.edge.kind in _MAKING and act.object in objects.run


def is_covering(act: Act, objects: Objects) -> bool:
    """Whether an act changes a log by hand."""
    logs = objects[act.object].logs
    process = objects.nodes.get(act.process) if logs else None
    return process is not None and covers_tracks(act.edge, process, logs)


def _is_named_first(act: Act, objects: Objects) -> bool:
    """Whether a step names the object of an act before others."""
    if act.edge.kind is FlowKind.READ:
        return objects[act.object].is_secret
    return is_lasting_change(act, objects) or is_planting(act, objects) or is_covering(act, objects)


def is_within(act: Act, objects: Objects) -> bool:
    """Whether an act reaches a peer on its own host."""
    return is_loopback(str(objects.nodes[act.object].attributes.get("ip", "")))


def is_lookup(act: Act, objects: Objects) -> bool:
    """Whether an act is a question to a name server."""
    return objects[act.object].is_name_server


def later(moment: int, acts: Sequence[Act], moments: Sequence[int]) -> list[list[Act]]:
    """Acts of a step in groups: those that begin within a minute, and before another step of the host (`moments`, sorted), belong
    to the step."""
    groups: list[list[Act]] = [[]]
    since = moment
    for act in acts:
        place = bisect_right(moments, since)
        after_ms = ms_of(act.moment) - ms_of(since)
        is_after_another = place < len(moments) and moments[place] < act.moment
        if after_ms >= MUCH_LATER_MS or (after_ms >= LATER_MS and is_after_another):
            groups.append([])
            since = act.moment
        groups[-1].append(act)
    return groups


def with_lasting_apart(groups: Iterable[Sequence[Act]], objects: Objects) -> list[list[Act]]:
    """Groups of acts, in which lasting changes that stand beside more other changes are a group of their own."""
    found: list[list[Act]] = []
    for group in groups:
        lasting: list[Act] = []
        rest: list[Act] = []
        for act in group:
            (lasting if is_lasting_change(act, objects) else rest).append(act)
        if not lasting:
            found.append(list(group))
            continue
        others = {act.object for act in rest if act.edge.kind in CHANGING and act.edge.kind is not FlowKind.DELETED}
        is_hidden = len(others) >= max(_MANY, len({act.object for act in lasting}) + 1)
        found += [rest, lasting] if is_hidden else [list(group)]
    return found


def effects(acts: Iterable[Act], objects: Objects) -> tuple[Effect, ...]:
    """The effects that acts amount to: for each verb the objects, first secrets, files by which a change lasts
    or that were run, and logs that were changed by hand."""
    first: dict[str, list[str]] = defaultdict(list)
    known: dict[str, list[str]] = defaultdict(list)
    for act in acts:
        (first if _is_named_first(act, objects) else known)[VERBS[act.edge.kind]].append(_name(act, objects))
    named = {verb: tuple(dict.fromkeys([*first[verb], *known[verb]])) for verb in VERBS.values()}
    return tuple(Effect(verb, names) for verb, names in named.items() if names)


def _name(act: Act, objects: Objects) -> str:
    """The label of an act's object; of a file that is used under a later name, the name at that time."""
    node = objects.nodes[act.object]
    if VERBS[act.edge.kind] in _USES and node.kind is EntityKind.FILE:
        known = [name.path for name in dated_paths(node) if name.first <= act.moment]
        if len(set(known)) > 1:
            return visible(known[-1])
    return objects[act.object].label


def step_text(command: str, what: Iterable[Effect]) -> str:
    """The text of a step: a command line, then its effects, without the files read and loaded that the command line names. An
    arrow in the command line is escaped: what follows the first one are effects."""
    command = command.replace(_ARROW, " \\u2192 ")
    phrases = []
    for effect in what:
        named = [name for name in effect.objects if effect.verb not in _USES or name not in command]
        if named:
            phrases.append(f"{effect.verb} {_listed(named)}")
    return f"{command}{_ARROW}{'; '.join(phrases)}" if phrases else command


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _object(node: Node) -> Object:
    attributes = node.attributes
    known = paths(node)
    is_file = node.kind is EntityKind.FILE and not _is_folder(node)  # a change in a folder is shown with the file
    is_secret_file = any(map(is_secret, known))
    is_telling = is_file and not all(is_routine_file(path) or is_queue(path) for path in known)
    return Object(
        label(node),
        "ip" in attributes,
        attributes.get("port") == _DOMAIN,
        is_secret_file,
        any(map(is_lasting, known)),
        is_telling or (is_file and is_secret_file),
        is_telling or (is_file and any(map(_is_notable_change, known))),
        tuple(filter(is_log, known)),
    )


def _is_notable_change(path: str) -> bool:
    return is_library(path) or is_installed(path) or (is_lasting(path) and not is_queue(path))


def _is_folder(node: Node) -> bool:
    """Whether the type bits of a file's mode are a folder's (S_IFDIR, inode(7))."""
    try:
        return int(str(node.attributes["mode"]), 8) & 0o170000 == 0o040000
    except (KeyError, ValueError):
        return False
