"""The result of a trace: the types that tracing, findings, reports and renderings share.

Moments are those of the host of the entity (or of the flow's source) they belong to, except those of steps. An `edge id` is the
text `KIND-SOURCE-TARGET` with the ids of its ends in their printed form: it names all runs of that kind between the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from provenance.ingest.clock import shift
from provenance.ingest.facts import Blind, FlowKind
from provenance.store.interface import Direction, EventKey, Node


@dataclass(frozen=True, slots=True)
class TraceEdge:
    """The runs of one edge that count in a trace. `first`..`last` spans them, `times` counts their flows."""

    id: str
    kind: FlowKind
    source: int
    target: int
    first: int
    last: int
    times: int
    evidence: tuple[EventKey, ...]
    confidence: float = 1.0
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Truncation:
    """Why a trace stopped before its end, how many edges it saw and did not follow, and at which nodes."""

    why: str
    left_out_edges: int
    at: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """An exact time-respecting slice: `bounds` is T(u) backward, F(u) forward, for every node reached."""

    direction: Direction
    start: tuple[int, ...]
    at: int | None
    bounds: Mapping[int, int]
    nodes: Mapping[int, Node]
    edges: tuple[TraceEdge, ...]
    truncated: Truncation | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A candidate for the way in: a flow or process by which information came from outside the recorded hosts. `ports` are
    those on which the server that the peer entered through listens; empty where no record shows it."""

    rank: int
    node: int
    edge: str | None
    moment: int
    score: float
    reason: str
    ports: tuple[int, ...] = ()


class Effect(NamedTuple):
    """What a step did (`contacts`, `reads`, `writes`, ...) to objects, by their labels."""

    verb: str
    objects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the attack chain. `moment` is on the fleet's clock: the moment of its host, and `correction_ms` added to it; so
    is `until`, the moment of the last run of a step that stands for `times` runs of a program, or of the last refused
    login. `account` is the user's name, or `uid N`; empty if unknown. `rank` 0 is the most important step."""

    moment: int
    host: str
    node: int
    edge: str | None
    text: str
    correction_ms: int = 0
    account: str = ""
    effects: tuple[Effect, ...] = ()
    times: int = 1
    until: int | None = None
    rank: int = 0
    various: bool = False
    """Whether its runs have different command lines; `text` has that of the first."""
    is_arrival: bool = False
    """Whether the step is the arrival of a peer; `node` is then the peer, and `account` that of the process it reached."""

    doubt: str = ""
    """Why it may not belong to the story; empty if nothing speaks for that."""

    confidence: float = 1.0
    """How sure it is that the trace leads to its program and to its host, as far as connections and parents are guessed."""

    slice_node: int | None = None
    """The entity of the slice from which the step follows; None if the slice holds `node`."""

    @property
    def host_moment(self) -> int:
        """The moment on the clock of the step's host, as its log has it."""
        return shift(self.moment, -self.correction_ms)


@dataclass(frozen=True, slots=True)
class HostReached:
    """A host that a slice touches; `via` are the REACHED edges that lead to it, `confidence` is that of the best of them (1 for
    a host where the slice starts), `doubt` says what of it is guessed (empty for nothing), and `evidence` what else speaks for
    the connection or against it: accounts and commands. `clock_confidence` is how sure the correction of its clock is (1 if it
    is not guessed)."""

    host: str
    first: int
    via: tuple[str, ...]
    confidence: float = 1.0
    doubt: str = ""
    evidence: tuple[str, ...] = ()
    clock_confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Decoded:
    """A command that was hidden in an argument."""

    node: int
    encoding: str
    text: str


@dataclass(frozen=True, slots=True)
class Trace:
    """A slice with everything that explains it: the input of every rendering."""

    slice: Slice
    query: Mapping[str, Any]
    entries: tuple[Entry, ...] = ()
    chain: tuple[Step, ...] = ()
    hosts: tuple[HostReached, ...] = ()
    decoded: tuple[Decoded, ...] = ()
    blinds: tuple[Blind, ...] = ()
    context: Mapping[int, Node] = field(default_factory=dict)
    """Nodes that steps name and the slice does not hold (the forward part of a backward trace's chain)."""
    route: tuple[TraceEdge, ...] = ()
    """The nearest path from the best way in to the start of a backward trace."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many steps the chain leaves out, by reason: `others` (what servers ran for other
    clients), `login` (what every login runs), `far` (programs that do not act for
    the intruder), `more` (above the limit)."""
