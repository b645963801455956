"""The material of an attack chain: the programs of some slices with what they did, from which a chain chooses its steps.

Alerts of one incident share their forward slice. What is laid out for it once is extended for each alert by its own path.
"""

from __future__ import annotations

import copy
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from types import MappingProxyType

from provenance.ingest.clock import shift
from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, Node
from provenance.text.accounts import account, accounts
from provenance.text.labels import is_interpreter, label
from provenance.trace.programs.acts import Reporters, act_order, acts_by_program
from provenance.trace.programs.directness import FAR, Distances
from provenance.trace.programs.effects import (
    CHANGING,
    Act,
    Objects,
    is_covering,
    is_lasting_change,
    is_secret_read,
)
from provenance.trace.programs.repeats import Unit, folded, program_of
from provenance.trace.programs.run_files import run_files
from provenance.trace.programs.serving import acts_for
from provenance.trace.programs.terminals import terminal_text, typed_at
from provenance.trace.result import Slice, Step, TraceEdge
from provenance.trace.story.interest import NEAR, NETWORK, Interest
from provenance.trace.story.logins import begun_by_logins, is_begun_by_login, is_of_profile
from provenance.trace.story.unit_steps import UnitSteps
from provenance.trace.way_in.other_clients import OtherClients

_MOST_LASTING = 8
"""Up to how many programs that made lasting changes are steps of their own, however alike they are."""
_TITLE = "sshd: "
"""The beginning of the title of the process that OpenSSH has for a session: without an act, it says no more than the login."""
_MOST_CALLERS = 12
"""Up to how many runs of one program that contact peers are steps of their own."""
_DOUBTS = "may be another client's", "may be a job from before"


class Story:
    """The programs of some slices with what they did: `reads` are what they read, from `files`, and `only_readers` are those
    that did no more. Threads may share it."""

    def __init__(
        self,
        slices: Sequence[Slice],
        reads: Iterable[TraceEdge],
        files: Mapping[int, Node],
        only_readers: frozenset[int] = frozenset(),
    ) -> None:
        self._slices, self._reads, self._files = slices, {edge.id: edge for edge in reads}, dict(files)
        self._nodes: dict[int, Node] = self._files | {
            id: node for slice_ in slices for id, node in slice_.nodes.items()
        }
        self._edges = {edge.id: edge for slice_ in slices for edge in slice_.edges}
        self._began = {edge.target: edge for edge in self._edges.values() if edge.kind in LINEAGE}
        self._becomes = {edge.source: edge.target for edge in self._edges.values() if edge.kind is FlowKind.EXECUTED}
        self._since = {id: moment for slice_ in slices if _is_forward(slice_) for id, moment in slice_.bounds.items()}
        self._first_reached = _first_reached_in(slices)
        self._only_readers = only_readers
        self._typed = typed_at(slices)
        self._labels = {id: label(node) for id, node in self._nodes.items() if node.kind is EntityKind.PROCESS}
        self._commands = Counter(self._labels.values())
        self._path: frozenset[int] = frozenset()
        self._triggers: Mapping[str, int] = {}
        self._alert = {id for slice_ in slices if not _is_forward(slice_) for id in slice_.start}
        self._gates = {id for slice_ in slices if _is_forward(slice_) for id in slice_.start}
        self._changed = {edge.target for edge in self._edges.values() if edge.kind in CHANGING}
        uses = chain(self._edges.values(), self._reads.values())
        self._objects = Objects(self._nodes, run_files(self._changed, uses, self._nodes))
        flows = [edge for slice_ in slices for edge in slice_.edges]
        self._distances = Distances(flows, self._nodes, self._gates)
        self._far: Mapping[int, float] = self._distances.found
        self._reporters = Reporters(self._nodes, _begun_in(slices), self._becomes, self._gates)
        self._acts = dict(
            acts_by_program(
                self._edges.values(), self._reads.values(), self._objects, self._since, self._gates, self._reporters
            )
        )
        self._raising = {edge.source for edge in self._began.values() if _raises(edge, self._nodes)}
        self._users = _users_in(self._acts)
        self._units = {id: self._unit(node, frozenset()) for id, node in self._nodes.items() if id in self._labels}
        self._routine = self._begun_by_logins()
        self._steps = UnitSteps(self._objects)
        self._interest = self._interest_now()

    def of_alert(
        self,
        part: Slice,
        path: Iterable[TraceEdge],
        reads: Iterable[TraceEdge],
        files: Mapping[int, Node],
        triggers: Mapping[str, int] = MappingProxyType({}),
    ) -> Story:
        """The story of one alert: this one with a part of the alert's backward slice, the path in it that leads to the alert, and
        what the programs there read; `triggers` are moments of reads of servers, by ids of edges. This one stays as it is."""
        new = [edge for edge in part.edges if edge.id not in self._edges]
        if any(self._changes_others(edge) for edge in new):
            known = [*self._reads.values(), *reads]
            story, new = Story([*self._slices, part], known, {**self._files, **files}, self._only_readers), []
        else:
            story = copy.copy(self)
            story._add(part, new, [edge for edge in reads if edge.id not in self._reads], files)
        return story.with_path(path, triggers, new)

    def with_path(
        self, path: Iterable[TraceEdge], triggers: Mapping[str, int], births: Iterable[TraceEdge] = ()
    ) -> Story:
        """The same story with the path that leads to an alert, and `triggers` as for `of_alert`; `births` are edges that were
        added after the distances of programs were found."""
        story = copy.copy(self)
        story._path = frozenset(end for edge in path for end in (edge.source, edge.target))
        story._triggers = dict(triggers)
        story._far = story._distances.with_starts(story._path, births)
        story._interest = story._interest_now()
        return story

    def _changes_others(self, edge: TraceEdge) -> bool:
        """Whether an edge that is added can change what is known of other programs: any but the birth of a new one."""
        return edge.kind not in LINEAGE or (edge.kind is FlowKind.EXECUTED and edge.source in self._nodes)

    def _add(
        self, part: Slice, new: Sequence[TraceEdge], reads: Sequence[TraceEdge], files: Mapping[int, Node]
    ) -> None:
        nodes = {id: node for id, node in {**files, **part.nodes}.items() if id not in self._nodes}
        self._nodes = self._nodes | nodes
        self._objects = self._objects.with_nodes(self._nodes, run_files(self._changed, reads, self._nodes))
        self._steps = self._steps.with_objects(self._objects)
        labels = {id: label(node) for id, node in nodes.items() if node.kind is EntityKind.PROCESS}
        self._labels = self._labels | labels
        self._commands = self._commands + Counter(labels.values())
        self._began = self._began | {edge.target: edge for edge in new}
        self._becomes = self._becomes | {edge.source: edge.target for edge in new if edge.kind is FlowKind.EXECUTED}
        self._raising = self._raising | {edge.source for edge in new if _raises(edge, self._nodes)}
        self._alert = self._alert if _is_forward(part) else self._alert | set(part.start)
        self._reporters = self._reporters.with_nodes(self._nodes, self._becomes)
        acts = acts_by_program((), reads, self._objects, self._since, self._gates, self._reporters)
        self._acts = self._acts | {
            id: sorted([*self._acts.get(id, ()), *more], key=act_order) for id, more in acts.items()
        }
        self._users = self._users | {
            object: self._users.get(object, frozenset()) | ids for object, ids in _users_in(acts).items()
        }
        touched = labels.keys() | acts.keys() | {edge.target for edge in new}
        self._units = self._units | {id: self._unit(self._nodes[id], frozenset()) for id in touched}
        routine = {id for id in touched if self._is_routine(id)}
        if routine & self._nodes.keys() - labels.keys():
            # What began a known program is a login's: so is all that this program began.
            routine = self._begun_by_logins()
        self._routine = self._routine | routine

    def units(
        self, starts: frozenset[int], is_complete: bool, others: OtherClients
    ) -> tuple[list[Unit], Mapping[str, int]]:
        """The programs that can be steps, those that a trace `starts` from too: without the routine of logins, without those that
        are far from the intruder, and without what is surely of `others`; and how many were left out for each of these
        reasons. All of them if the story `is_complete`."""
        known = self._units | {id: self._unit(self._nodes[id], starts) for id in self._nodes if id in starts}
        found = [
            replace(unit, doubt=doubt) if unit.node not in self._path and (doubt := _doubt(unit.node, others)) else unit
            for unit in known.values()
            if unit is not None
        ]
        if is_complete:
            return found, {}
        close, left_out = [], Counter[str]()
        for unit in found:
            if not unit.acts and unit.node not in starts and self._is_empty(unit):
                continue
            reason = self._reason_to_leave_out(unit.node, starts, others)
            if reason is None:
                close.append(unit)
            else:
                left_out[reason] += 1
        lasting = sum(unit.is_lasting for unit in close)
        often = Counter(program_of(unit) for unit in close if unit.is_notable and not self._reads_secret(unit))
        return folded(close, lambda unit: self._is_single(unit, lasting, often)), left_out

    def _is_single(self, unit: Unit, lasting: int, often: Mapping[tuple[str, str, str, str], int]) -> bool:
        """Whether a unit is never folded with others of the same program; `lasting` units made lasting changes, and `often` has
        how many of each program only contacted peers: a scan of many is one step."""
        if unit.node in self._path or unit.node in self._alert:
            return True
        if unit.doubt:
            return False
        if unit.is_lasting and lasting <= _MOST_LASTING:
            return True
        return unit.is_notable and (often.get(program_of(unit), 0) <= _MOST_CALLERS or self._reads_secret(unit))

    def _reads_secret(self, unit: Unit) -> bool:
        return any(is_secret_read(act, self._objects) for act in unit.acts)

    def begin(self, starts: Iterable[int]) -> dict[str, int]:
        """When the first of the starts of a forward trace begins to count on each of their hosts."""
        found: dict[str, int] = {}
        for id in starts:
            if id in self._nodes:
                node = self._nodes[id]
                moment = max(self._since.get(id, node.first), node.first)
                found[node.host] = min(moment, found.get(node.host, moment))
        return found

    def _unit(self, node: Node, starts: frozenset[int]) -> Unit | None:
        if node.kind is not EntityKind.PROCESS or self._reporters.is_transport(node.id):
            return None
        acts, edge = self._acts.get(node.id, []), self._began.get(node.id)
        if node.attributes.get("forked") and node.id not in self._gates:
            return self._as_unit(node, acts[0].moment, acts[0].edge.id, acts) if acts else None
        if node.id in self._gates and node.id not in starts:
            edge = None
        if edge is not None:
            return self._as_unit(node, node.first, edge.id, acts)
        if node.id in starts:
            return self._as_unit(node, max(node.first, self._since.get(node.id, node.first)), None, acts)
        if node.id in self._gates:
            return self._as_unit(node, acts[0].moment, acts[0].edge.id, acts) if acts else None
        if node.id in self._first_reached:
            edge = self._first_reached[node.id]
            return self._as_unit(node, max(node.first, edge.first), edge.id, acts)
        return None

    def since(self, unit: Unit, begin: int | None, starts: frozenset[int]) -> Unit | None:
        """The part of a unit from after a peer entered its host, or a forward trace starts there: of an older server, only what
        it did for him. What such a trace `starts` from is left unchanged."""
        is_new = begin is not None and self._nodes[unit.node].first >= begin and unit.node not in self._gates
        if begin is None or is_new or unit.node in starts:
            return unit
        used = {act.object for act in unit.acts if self._interest.is_handed_on(act)}
        acts = acts_for(self._nodes[unit.node], unit.acts, begin, self._objects, self._changed, self._triggers, used)
        typed = self._typed.get(unit.node)
        begun = [act.edge for act in acts[:1]] + ([typed.edge] if typed is not None and typed.edge is not None else [])
        if not begun:
            return None
        text = "" if typed is None else terminal_text(typed, self._nodes.values())
        first = min(begun, key=lambda edge: edge.first)
        moment = min(acts[0].moment, first.first) if acts else first.first
        return replace(unit, moment=moment, edge=first.id, acts=acts, is_server=True, terminal=text)

    def _as_unit(self, node: Node, moment: int, edge: str | None, acts: Sequence[Act]) -> Unit:
        is_notable = any(
            act.edge.kind in NETWORK or is_secret_read(act, self._objects) or is_covering(act, self._objects)
            for act in acts
        )
        is_lasting = any(is_lasting_change(act, self._objects) for act in acts)
        name = self._labels[node.id]
        who = account(node, moment)
        return Unit(
            node.id, node.host, who, name, moment, edge, tuple(acts), is_notable=is_notable, is_lasting=is_lasting
        )

    def _reason_to_leave_out(self, id: int, starts: frozenset[int], others: OtherClients) -> str | None:
        if id in self._path or id in starts:
            return None
        if id in others.sure:
            return "others"
        if (id in self._routine and self._is_routine(id)) or self._is_of_profile(id):
            return "login"
        if (self._path and self._far.get(id, 0.0) >= FAR) or id in others.users or id in self._only_readers:
            return "far"
        return None

    def _begun_by_logins(self) -> set[int]:
        return begun_by_logins(self._labels, self._began, self._path) & self._units.keys()

    def _is_routine(self, id: int) -> bool:
        return is_begun_by_login(id, self._labels, self._began, self._path)

    def _is_of_profile(self, id: int) -> bool:
        return is_of_profile(id, self._nodes, self._labels, self._began) and not self._acts.get(id)

    def _is_empty(self, unit: Unit) -> bool:
        """Whether a process that did nothing itself says nothing to a reader: the title of an sshd, a number without a name, a
        copy of its parent such as a server's thread."""
        if unit.node in self._alert:
            return False
        if unit.label.startswith(_TITLE) or (not unit.account and unit.label.startswith("pid ")):
            return True
        began = self._began.get(unit.node)
        is_copy = began is not None and self._labels.get(began.source) == unit.label
        return is_copy and not is_interpreter(self._nodes[unit.node])

    def is_alert(self, unit: Unit) -> bool:
        """Whether a unit is what a backward trace starts from: a story shows it before all else."""
        return unit.node in self._alert

    def ends(self, units: Sequence[Unit], skews: Mapping[str, int]) -> list[Unit]:
        """The last unit by which the intruder himself did something, the last by which he changed a log, and his last program: a
        story leaves out none of them."""
        own = [unit for unit in units if unit.node in self._path or self._far.get(unit.node, FAR) < NEAR]
        deeds = [unit for unit in own if unit.acts]
        hides = [unit for unit in own if any(is_covering(act, self._objects) for act in unit.acts)]
        last = [
            max(some, key=lambda unit: shift(unit.moment, skews.get(unit.host, 0)))
            for some in (own, deeds, hides)
            if some
        ]
        return [unit for unit in last if unit.node not in self._gates]

    def crossings(self, units: Sequence[Unit]) -> list[Unit]:
        """The first unit of the intruder's on each host by which an account, or a setuid program of it, started one of another
        account: how he got its rights. Servers, which do so for all, and what may not belong to the story are left out."""
        found: dict[tuple[str, str], Unit] = {}
        for unit in sorted(units, key=lambda unit: (unit.moment, unit.node)):
            is_own = unit.node in self._path or self._far.get(unit.node, FAR) < NEAR
            if unit.node in self._raising and is_own and not unit.is_server and not unit.doubt:
                found.setdefault((unit.host, unit.account), unit)
        return [unit for unit in found.values() if unit.node not in self._gates]

    def first_on_hosts(self, units: Sequence[Unit], interest: Mapping[int, float]) -> list[Unit]:
        """By host, the most important program that the intruder himself began there, apart from servers."""
        best: dict[str, Unit] = {}
        for unit in sorted(units, key=lambda unit: (-interest[unit.node], unit.moment)):
            if not unit.is_server and unit.node not in self._gates and not unit.doubt and unit.node in self._began:
                best.setdefault(unit.host, unit)
        return list(best.values()) if len(best) > 1 else []

    def steps_of(self, units: Sequence[Unit], most: int, arrivals: Iterable[Step] = ()) -> list[Step]:
        """The steps of units, as `provenance.trace.story.unit_steps`."""
        return self._steps.of(units, most, arrivals)

    def interest(self, unit: Unit) -> float:
        """How important a unit is to a reader: the higher, the earlier a step is chosen."""
        return self._interest.of(unit)

    def _interest_now(self) -> Interest:
        return Interest(
            self._objects,
            self._labels,
            self._commands,
            self._alert,
            self._path,
            self._gates,
            self._raising,
            self._becomes,
            self._users,
            self._far,
        )

    def is_on_path(self, unit: Unit) -> bool:
        """Whether a unit is on the path to the alert."""
        return unit.node in self._path


def _doubt(id: int, others: OtherClients) -> str:
    """Why a process may not belong to the story; empty if nothing speaks for that."""
    client, job = _DOUBTS
    return client if id in others.unsure else job if id in others.jobs else ""


def _raises(edge: TraceEdge, nodes: Mapping[int, Node]) -> bool:
    """Whether a program that began as an account other than root's starts one that gets another account: sudo is root already
    when it starts it."""
    if edge.source not in nodes or edge.target not in nodes:
        return False
    before, after = (accounts(nodes[id])[0].uid for id in (edge.source, edge.target))
    return before not in (None, 0) and after not in (None, before)


def _users_in(acts_of: Mapping[int, Iterable[Act]]) -> dict[int, frozenset[int]]:
    """The programs that did something to each object."""
    found: dict[int, set[int]] = defaultdict(set)
    for id, acts in acts_of.items():
        for act in acts:
            found[act.object].add(id)
    return {object: frozenset(ids) for object, ids in found.items()}


def _is_forward(slice_: Slice) -> bool:
    return slice_.direction is Direction.FORWARD


def _begun_in(slices: Sequence[Slice]) -> Mapping[int, TraceEdge]:
    """How processes began, in the forward slices if there are any: a backward slice also holds what servers did before."""
    forward = [slice_ for slice_ in slices if _is_forward(slice_)]
    return {edge.target: edge for slice_ in forward or slices for edge in slice_.edges if edge.kind in LINEAGE}


def _first_reached_in(slices: Iterable[Slice]) -> Mapping[int, TraceEdge]:
    """The first edge into each node of the forward slices, except their starts: a program that another process started joins
    the chain by what it reads."""
    first: dict[int, TraceEdge] = {}
    for slice_ in slices:
        if not _is_forward(slice_):
            continue
        for edge in slice_.edges:
            known = first.get(edge.target)
            if edge.target not in slice_.start and (known is None or (edge.first, edge.id) < (known.first, known.id)):
                first[edge.target] = edge
    return first
