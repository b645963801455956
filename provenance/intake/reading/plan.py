"""The plan of an ingest: files of one host form a chain, which is read in order; chains are independent of each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from provenance.ingest.pyauparse import Parser
from provenance.ingest.pyauparse.errors import AuditInputError
from provenance.ingest.pyauparse.sources import STDIN, content

_SAMPLE = 1 << 18


class Planned(NamedTuple):
    """A planned chain: its files in order, and the hosts that the beginnings of the files show (None for lines without a
    host)."""

    files: list[str]
    hosts: frozenset[str | None]


def chains(paths: Sequence[str], name: str | None) -> list[Planned]:
    """The files of `paths`, in their order, divided into chains that have no host in common in their beginnings. A file whose
    beginning cannot be read is a chain of its own: reading it will raise the error."""
    groups: list[tuple[set[str | None], list[str]]] = []
    for path in paths:
        nodes = _nodes(path, name)
        joined: tuple[set[str | None], list[str]] = (set(nodes), [])
        apart = []
        for group in groups:
            if group[0] & nodes:
                joined[0].update(group[0])
                joined[1].extend(group[1])
            else:
                apart.append(group)
        joined[1].append(path)
        groups = [*apart, joined]
    order = {path: place for place, path in enumerate(paths)}
    return [Planned(sorted(files, key=order.__getitem__), frozenset(hosts)) for hosts, files in groups]


def _nodes(path: str, name: str | None) -> set[str | None]:
    if path == STDIN or not Path(path).is_file():  # what was read from a pipe is gone
        return {name}
    parser = Parser(name)
    seen: set[str | None] = set()
    try:
        for chunk in islice(content(path), 1):
            seen.update(event.node for event in parser.feed(chunk[:_SAMPLE]))
        seen.update(event.node for event in parser.close())
        return seen or {name}
    except AuditInputError:
        return {name}
