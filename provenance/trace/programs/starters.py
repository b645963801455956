"""Starters: the programs that started those to which a file leads: cron, logrotate, a timer, another's login."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.store.interface import Node
from provenance.text.escape import visible
from provenance.text.labels import short_name
from provenance.trace.programs.effects import CHANGING
from provenance.trace.result import Slice, Step

_TAKES = frozenset((FlowKind.READ, FlowKind.LOADED))
_SHELL = re.compile(r"-?(ba|da|z|k)?sh( (-.*|(\S*/)?(ba|da|z|k)?sh))?")
"""The name of a shell that runs no script, such as the one that cron or a program starts for one command."""
_COMMAND = re.compile(r"-[a-z]*c")
_NAMELESS = re.compile(r"pid \d+")
_EFFECTS = " → "


def starter(slice_: Slice, node: Node) -> str:
    """The program that started one that took a file, apart from shells that run no script. Empty if unknown, and for a server,
    which its host started."""
    return _starter(slice_.nodes, parents_of(slice_), node)


def parents_of(slice_: Slice) -> Mapping[int, int]:
    """The parent of each process of a slice, as far as it is in it."""
    return {edge.target: edge.source for edge in slice_.edges if edge.kind in LINEAGE}


def with_starters(slice_: Slice, steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps; the text of one whose program took a file that a program of another step had changed before, and that no program
    of a step led to, names who started it. `slice_` is a backward slice."""
    known = tuple(steps)
    shown = {step.node for step in known}
    changed: dict[int, int] = {}
    for edge in slice_.edges:
        if edge.kind in CHANGING and edge.source in shown:
            changed[edge.target] = min(edge.first, changed.get(edge.target, edge.first))
    took = {
        edge.target
        for edge in slice_.edges
        if edge.kind in _TAKES and edge.source in changed and changed[edge.source] < slice_.nodes[edge.target].first
    }
    named: set[int] = set()
    parents = parents_of(slice_) if took & shown else {}
    return tuple(_with_starter(slice_, parents, step, shown, named) if step.node in took else step for step in known)


def _with_starter(slice_: Slice, parents: Mapping[int, int], step: Step, shown: set[int], named: set[int]) -> Step:
    by = _starter(slice_.nodes, parents, slice_.nodes[step.node], shown)
    if not by or step.is_arrival or step.times > 1 or step.node in named:
        return step
    named.add(step.node)
    head, arrow, rest = step.text.partition(_EFFECTS)
    return replace(step, text=f"{head} (started by {visible(by)}){arrow}{rest}")


def _runs_one_command(node: Node) -> bool:
    """Whether a process is a shell with `-c`."""
    argv = [str(word) for word in node.attributes.get("argv") or ()]
    if len(argv) < 3 or _SHELL.fullmatch(argv[0].rpartition("/")[2]) is None:
        return False
    return _COMMAND.fullmatch(argv[1]) is not None


def _starter(nodes: Mapping[int, Node], parents: Mapping[int, int], node: Node, shown: Collection[int] = ()) -> str:
    """The nearest program above that is no such shell; empty at one that is `shown`, or of which no record has the name."""
    name, id = short_name(node), node.id
    seen: set[int] = set()
    while id in parents and id not in seen:
        seen.add(id)
        id = parents[id]
        by = short_name(nodes[id])
        if id in shown or _NAMELESS.fullmatch(by):
            return ""
        if _SHELL.fullmatch(by) or _runs_one_command(nodes[id]):
            continue
        return "" if by == name else by
    return ""
