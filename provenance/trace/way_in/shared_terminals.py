"""Shared terminals: who else may have typed a command, where no record shows who was connected to a terminal.

A terminal multiplexer (tmux, screen) gives shells a terminal of its own that outlives the login which began it, and to which
other logins can connect. Where the log holds no accepted connection, only the older login is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from provenance.ingest.facts import FlowKind
from provenance.store.interface import Node
from provenance.text.labels import is_interpreter
from provenance.trace.result import Entry, Slice, TraceEdge

_NONE = (None, "", "(none)")


def typed_by_another(slice_: Slice, forward: Slice, route: Sequence[TraceEdge]) -> Iterator[Entry]:
    """A candidate for each shell of the route on a terminal that is not that of its login, and that a process without records
    opened: whoever is connected to that one types there. `forward` is the slice of what the login began."""
    for begun, following in pairwise(route):
        if begun.kind is not FlowKind.SPAWNED:
            continue
        opener, shell = slice_.nodes[begun.source], _shell(slice_, begun, following)
        if opener.attributes.get("observed_only") and is_interpreter(shell) and _is_other_terminal(shell, forward):
            terminal, session = shell.attributes["tty"], shell.attributes.get("ses")
            who = f"somebody else may have typed at the terminal {terminal} of session {session}"
            yield Entry(0, shell.id, None, shell.first, 0.0, f"{who}: no record shows who was connected to it")


def _shell(slice_: Slice, begun: TraceEdge, following: TraceEdge) -> Node:
    """The program that a process runs which was begun: it, or what it executed next."""
    is_next = following.kind is FlowKind.EXECUTED and following.source == begun.target
    return slice_.nodes[following.target if is_next else begun.target]


def _is_other_terminal(shell: Node, forward: Slice) -> bool:
    """Whether programs of the login session had begun at another terminal before."""
    tty, session = shell.attributes.get("tty"), shell.attributes.get("ses")
    return tty not in _NONE and any(
        node.attributes.get("ses") == session
        and node.host == shell.host
        and node.first < shell.first
        and node.attributes.get("tty") not in (*_NONE, tty)
        for node in forward.nodes.values()
    )
