"""Every object of a state, each once: what a checkpoint numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from operator import attrgetter, itemgetter
from typing import Any

from ..state.host import Host
from ..state.objects import Description, FileNode, GraphObject, Image

_ENTRIES = itemgetter(0)
"""A descriptor's description is the first part of its entry."""
_RUNS = attrgetter("moved_in", "moved_out", "extends_in", "extends_out")

Tables = dict[int, dict[int, Any]]
"""Tables of descriptors by their `id`: they are dictionaries, equal when they hold the same, and shared by what they are."""


def objects_of(host: Host) -> Mapping[str, list[Any]]:
    """The objects that a host's state leads to, by the names of their tables, in an order that the state decides."""
    images, descriptions, tables = _holders(host)
    channels = dict.fromkeys(chain.from_iterable(map(dict.values, map(attrgetter("channels"), images))))
    channels.update(dict.fromkeys(d.owed.channel for d in descriptions if d.owed is not None))
    runs = dict.fromkeys(chain.from_iterable(map(dict.values, map(attrgetter("runs"), images))))
    runs.update(dict.fromkeys(chain.from_iterable(map(_RUNS, channels))))
    runs.pop(None, None)
    peers = dict.fromkeys(chain.from_iterable(d.peers.values() for d in descriptions if d.peers))
    files, nodes = _entities(host, descriptions, peers)
    return {
        "nodes": nodes,
        "files": files,
        "images": list(images),
        "children": list(dict.fromkeys(map(attrgetter("children"), images))),
        "descriptions": list(descriptions),
        "channels": list(channels),
        "runs": list(runs),
        "peers": list(peers),
        "descriptor_tables": list(tables.values()),
        "commands": [command for command in dict.fromkeys(map(attrgetter("argv"), images)) if command is not None],
        "host": [host],
    }


def _holders(host: Host) -> tuple[dict[Image, None], dict[Description, None], Tables]:
    """Images, what they hold, and the tables in which they hold it. A description can lead to one more image: the one that
    is owed its flows may have been forgotten otherwise."""
    forks = host.forks.values()
    images: dict[Image, None] = {}
    tables: Tables = {id(fork.fds): fork.fds for fork in forks}
    descriptions = dict.fromkeys(chain(_in_tables(tables), (description for _, description in host.masters)))
    known = chain(host.live.values(), host.ended.values(), host.elevated.values())
    waiting = dict.fromkeys(
        chain(known, (fork.parent for fork in forks), (login.image for login in host.logins.values()))
    )
    waiting.update(_owed(descriptions))
    while new := [image for image in waiting if image not in images]:
        images.update(dict.fromkeys(new))
        more = {id(image.fds): image.fds for image in new if id(image.fds) not in tables}
        tables.update(more)
        seen = len(descriptions)
        descriptions.update(dict.fromkeys(chain(_in_tables(more), _held(new))))
        waiting = _owed(islice(descriptions, seen, None))
    return images, descriptions, tables


def _in_tables(tables: Tables) -> Iterator[Description]:
    return map(_ENTRIES, chain.from_iterable(map(dict.values, tables.values())))


def _held(images: Iterable[Image]) -> Iterator[Description]:
    for image in images:
        yield from image.channels
        yield from image.owing
        yield from map(_ENTRIES, image.given_up or ())


def _owed(descriptions: Iterable[Description]) -> dict[Image, None]:
    return dict.fromkeys(description.owed.image for description in descriptions if description.owed is not None)


def _entities(
    host: Host, descriptions: Iterable[Description], peers: Iterable[Any]
) -> tuple[list[FileNode], list[GraphObject]]:
    """Files and plain nodes. Images are found by what they are, not by what points at them."""
    listed = chain(host.endpoints.values(), host.sessions.values(), *host.terminals.values())
    ends = chain.from_iterable(map(attrgetter("node", "sink"), descriptions))
    found = dict.fromkeys(chain(host.inodes.values(), host.paths.values(), listed, ends))
    found.update(dict.fromkeys(map(attrgetter("node"), peers)))
    found.pop(None, None)
    files = [entity for entity in found if isinstance(entity, FileNode)]
    nodes = [entity for entity in found if not isinstance(entity, (FileNode, Image))]
    return files, nodes
