"""Terminals: shells that were there before the intruder, and into whose terminal he typed, such as one in the tmux or screen of
another's login. What is typed is in no record; that his client held the other end of the terminal is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, Node
from provenance.text.accounts import account
from provenance.text.labels import is_interpreter
from provenance.trace.result import Slice, Step, TraceEdge

TAKES_INPUT = "runs what is typed at"
"""The verb of the effect that a shell takes commands from a terminal."""
_PTY = "pty"
_DOUBT = "who types is not recorded"


class TypedShell(NamedTuple):
    """A shell that takes commands from a terminal: the terminal's path, and how its first program began, if it began one."""

    shell: Node
    terminal: str
    edge: TraceEdge | None = None


def typed_at(slices: Iterable[Slice]) -> Mapping[int, TypedShell]:
    """The shells of the forward slices that take commands from a pseudo-terminal which the slices reach, by id."""
    found: dict[int, TypedShell] = {}
    for slice_ in slices:
        if slice_.direction is Direction.FORWARD:
            found |= {typed.shell.id: _with_program(typed, slice_) for typed in _at_terminals(slice_)}
    return found


def _at_terminals(slice_: Slice) -> Iterator[TypedShell]:
    for edge in slice_.edges:
        if edge.kind is not FlowKind.PIPED:
            continue
        source, target = slice_.nodes[edge.source], slice_.nodes[edge.target]
        if source.attributes.get("type") == _PTY and is_interpreter(target):
            yield TypedShell(target, str(source.attributes.get("path") or "a terminal"))


def _with_program(typed: TypedShell, slice_: Slice) -> TypedShell:
    since = slice_.bounds[typed.shell.id]
    begun = (e for e in slice_.edges if e.source == typed.shell.id and e.kind is FlowKind.SPAWNED and e.first >= since)
    return typed._replace(edge=min(begun, key=lambda edge: edge.first, default=None))


def terminal_text(typed: TypedShell, nodes: Iterable[Node]) -> str:
    """The terminal of a shell that was there before, and the login that began it, in words."""
    ses, host = typed.shell.attributes.get("ses"), typed.shell.host
    if ses is None:
        return f"{typed.terminal} of an older session ({_DOUBT})"
    own = (node for node in nodes if node.attributes.get("ses") == ses and node.host == host)
    logged_in = (node for node in own if node.kind is EntityKind.PROCESS and _is_of_login(node))
    user = next((account(node, node.first) for node in logged_in), "")
    return f"{typed.terminal} of the older session {ses}{f' of {user}' if user else ''} ({_DOUBT})"


def takes_input(step: Step) -> bool:
    """Whether a step says that a shell takes commands from a terminal: it stands before the first of them."""
    return any(effect.verb == TAKES_INPUT for effect in step.effects)


def _is_of_login(node: Node) -> bool:
    """Whether a process has the account of its login, and the rights of no other."""
    auid, uid, euid = (node.attributes.get(name) for name in ("auid", "uid", "euid"))
    return auid is not None and auid == uid == (uid if euid is None else euid)
