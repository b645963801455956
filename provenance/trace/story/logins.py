"""Logins: the programs that every login runs, which a story counts and does not show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from provenance.ingest.clock import ms_of
from provenance.store.interface import Node
from provenance.trace.programs.routine import is_login_program
from provenance.trace.result import TraceEdge

_PROFILE = frozenset(("id -u",))
_PROFILE_MS = 1_000
"""How long after its start a login shell runs its profile."""


def begun_by_logins(labels: Mapping[int, str], began: Mapping[int, TraceEdge], path: Collection[int]) -> set[int]:
    """The programs that a login runs, and all that these started. `labels` are the command lines of processes, `began` the edges
    by which they began; what is on the `path` to the alert is none."""
    programs = {command for command in set(labels.values()) if is_login_program(command)}
    roots = [id for id, command in labels.items() if command in programs and id not in path] if programs else []
    if not roots:
        return set()
    children: dict[int, list[int]] = defaultdict(list)
    for edge in began.values():
        children[edge.source].append(edge.target)
    found: set[int] = set()
    while roots:
        id = roots.pop()
        if id not in found:
            found.add(id)
            roots += children.get(id, ())
    return found


def is_begun_by_login(
    id: int, labels: Mapping[int, str], began: Mapping[int, TraceEdge], path: Collection[int]
) -> bool:
    """Whether a login runs this program, or a program of the login started it."""
    seen: set[int] = set()
    while id not in seen:
        seen.add(id)
        if is_login_program(labels.get(id, "")) and id not in path:
            return True
        if id not in began:
            return False
        id = began[id].source
    return False


def is_of_profile(
    id: int, nodes: Mapping[int, Node], labels: Mapping[int, str], began: Mapping[int, TraceEdge]
) -> bool:
    """Whether a login shell runs this program in its profile (Debian's /etc/profile: `id -u`), before its user types."""
    edge = began.get(id)
    shell = None if edge is None else nodes.get(edge.source)
    if shell is None or not labels.get(shell.id, "").startswith("-"):
        return False
    at_once = ms_of(nodes[id].first) - ms_of(shell.first) <= _PROFILE_MS
    return at_once and labels[id] in _PROFILE
