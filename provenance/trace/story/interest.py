"""Interest: how important a program of a story is to a reader, and so which programs a story shows when there is not room for
all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from provenance.ingest.facts import FlowKind
from provenance.trace.programs.directness import FAR
from provenance.trace.programs.effects import (
    CHANGING,
    Act,
    Objects,
    is_covering,
    is_lasting_change,
    is_lookup,
    is_planting,
    is_secret_read,
    is_within,
)
from provenance.trace.programs.repeats import Unit

NEAR = 1.0
"""Up to this distance a program is the intruder's own."""
NETWORK = frozenset((FlowKind.CONNECTED, FlowKind.SENT, FlowKind.RECEIVED))
_ALERT, _PATH = 12.0, 4.0
"""How much higher a program ranks that the trace starts from, and one that leads to it."""
_SERVING = 1.0
"""How much lower a server that serves many ranks than another program: what it reads and writes is seldom the intruder's."""
_RAISES = 4.0
"""How much higher a program ranks that starts one of another account, and was not root's: sudo, su."""
_COVERS = 8.0
"""How high a change of a log by hand ranks."""
_HANDED_ON = 16.0
"""How much higher a server ranks that changed a file which the intruder's programs use: what he uploaded."""
_TYPED = 5.0
"""How much higher a shell ranks that was there before, and into whose terminal the intruder typed."""
_DOUBTFUL = 2.0
"""How much lower a program ranks that may not belong to the story."""
_PASSING = 2.0
"""How much lower a program ranks that did nothing but run the next: a reader sees that one."""


@dataclass(frozen=True, slots=True)
class Interest:
    """What a story knows of its programs that makes them important: the `labels` of all and how often each command line ran
    (`commands`), which are of the `alert`, on the `path` to it, `gates` through which the intruder came in, `raising` to
    another account, and `becomes`, what each executed; the `users` of each object, and how `far` from him each program is."""

    objects: Objects
    labels: Mapping[int, str]
    commands: Mapping[str, int]
    alert: Collection[int]
    path: Collection[int]
    gates: Collection[int]
    raising: Collection[int]
    becomes: Mapping[int, int]
    users: Mapping[int, Collection[int]]
    far: Mapping[int, float]

    def of(self, unit: Unit) -> float:
        """How important a unit is: the higher, the earlier a step is chosen."""
        kinds = {act.edge.kind: 0.0 for act in unit.acts}
        for act in unit.acts:
            kinds[act.edge.kind] = max(kinds[act.edge.kind], self._of_act(act))
        often = self.commands[unit.label]
        role = _ALERT if unit.node in self.alert else _PATH if unit.node in self.path else 0.0
        if (unit.is_server or unit.node in self.gates) and unit.node not in self.alert:
            role -= _SERVING
        role += _RAISES if unit.node in self.raising else 0.0
        role += _TYPED if unit.terminal else 0.0
        role -= _DOUBTFUL if unit.doubt else 0.0
        role -= _PASSING if not unit.acts and unit.node in self.becomes else 0.0
        role += _HANDED_ON if unit.is_server and any(map(self.is_handed_on, unit.acts)) else 0.0
        return role + sum(kinds.values()) + 4.0 / often - 4.0 * min(self.far.get(unit.node, 0.0), 5.0)

    def is_handed_on(self, act: Act) -> bool:
        """Whether a server changed a file that a program of another name uses, and near the intruder."""
        program = self.labels.get(act.process)
        return act.edge.kind in CHANGING and any(
            self.labels[id] != program and self.far.get(id, FAR) < NEAR for id in self.users.get(act.object, ())
        )

    def _of_act(self, act: Act) -> float:
        if act.edge.kind is FlowKind.READ:
            return 4.0 if is_secret_read(act, self.objects) else 0.5
        if act.edge.kind in NETWORK:
            return 0.5 if is_lookup(act, self.objects) or is_within(act, self.objects) else 4.0
        if is_covering(act, self.objects):
            return _COVERS
        if is_lasting_change(act, self.objects) or is_planting(act, self.objects):
            return 4.0
        return 2.0 if act.edge.kind is FlowKind.WROTE else 1.0
