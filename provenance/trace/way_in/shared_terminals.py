"""Shared terminals: who else may have typed a command, where no record shows who was connected to a terminal.

A terminal multiplexer (tmux, screen) gives shells a terminal of its own that outlives the login which began it, and to which
other logins can connect. Where the log holds no accepted connection, only the older login is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.text.accounts import account_at
from provenance.text.labels import is_interpreter
from provenance.trace.result import Entry, Slice, TraceEdge

_NONE = (None, "", "(none)")


def typed_by_another(slice_: Slice, forward: Slice, route: Sequence[TraceEdge]) -> Iterator[Entry]:
    """A candidate for each shell of the route that a login runs in its own name at another terminal than before: whoever is
    connected to that one types there. `forward` is the slice of what the login began."""
    for begun, following in pairwise(route):
        if begun.kind is not FlowKind.SPAWNED:
            continue
        shell = _shell(slice_, begun, following)
        if is_interpreter(shell) and _is_at_another_terminal(shell, slice_, forward, route):
            terminal, session = shell.attributes["tty"], shell.attributes.get("ses")
            who = f"somebody else may have typed at the terminal {terminal} of session {session}"
            yield Entry(0, shell.id, None, shell.first, 0.0, f"{who}: no record shows who was connected to it")
            return


def _shell(slice_: Slice, begun: TraceEdge, following: TraceEdge) -> Node:
    """The program that a process runs which was begun: it, or what it executed next."""
    is_next = following.kind is FlowKind.EXECUTED and following.source == begun.target
    return slice_.nodes[following.target if is_next else begun.target]


def _is_at_another_terminal(shell: Node, slice_: Slice, forward: Slice, route: Sequence[TraceEdge]) -> bool:
    """Whether a login's own shell is at a terminal, and others of the logins' own programs had begun in it at another one, or at
    none. sudo opens a terminal too, but for another account; and the server that logged in has none."""
    tty = shell.attributes.get("tty")
    if tty in _NONE or not _is_own(shell):
        return False
    servers = {node.attributes.get("exe") for edge in route if not _is_own(node := slice_.nodes[edge.source])}
    return any(
        node.attributes.get("ses") == shell.attributes["ses"]
        and node.host == shell.host
        and node.first < shell.first
        and node.attributes.get("tty") != tty
        and _is_own(node)
        and node.attributes.get("exe") not in servers
        for node in forward.nodes.values()
    )


def _is_own(node: Node) -> bool:
    """Whether a node is a program that a login session runs in the name of its account."""
    known = node.attributes
    is_program = node.kind is EntityKind.PROCESS and known.get("argv") and not known.get("forked")
    return bool(is_program) and known.get("ses") is not None and known.get("auid") == account_at(node, node.first).uid
