"""Pruning a checkpoint: what a deriver still needs when it continues after a store has dropped old history.

A state names entities that were described in earlier facts and will not be described again. Those that the deriver can
identify again are removed from the state, so that their next record describes them anew, under the same id; the others must
stay in the store. Files need neither: a deriver describes a file whenever a record names it, and only an open file may be
named by nothing but its descriptor.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from . import checkpoint
from .clock import RANK_BITS
from .state.host import Host
from .state.objects import Description, GraphObject, Image

_AFTERLIFE = 5_000 << RANK_BITS
"""How long after the end of a process a record about it (its parent's fork, a signal) may come."""
_UNIX = "unix"


class PrunedCheckpoint(NamedTuple):
    """A pruned checkpoint, and the ids of the entities that the store must keep for it."""

    checkpoint: bytes
    needed: frozenset[int]


def settle(saved: bytes, cut: int) -> PrunedCheckpoint:
    """Settle a checkpoint before what is older than moment `cut` is dropped. Raises `checkpoint.CheckpointError`."""
    deriver, held = checkpoint.load(saved)
    host = deriver.host
    _forget_logins(host)
    images = list(_images(host, cut))
    needed = {image.id for image in images}
    open_now = list(_descriptions(host, images))
    for description in open_now:
        needed.update(_named_by(description))
    needed.update(node.id for pair in host.terminals.values() for node in pair)
    _forget_endpoints(host, needed)
    _forget_sessions(host, images)
    needed.update(node.id for node in (*host.endpoints.values(), *host.sessions.values()))
    return PrunedCheckpoint(checkpoint.save(deriver, held), frozenset(needed))


def _images(host: Host, cut: int) -> Iterator[Image]:
    """The images that later facts may be about: those that run, have just ended, or have a child that no event has named yet."""
    yield from host.live.values()
    yield from (image for image in host.ended.values() if (image.end or 0) >= host.moment - _AFTERLIFE)
    yield from (fork.parent for fork in host.forks.values() if fork.moment >= cut)
    yield from (login.image for login in host.logins.values())


def _descriptions(host: Host, images: list[Image]) -> Iterator[Description]:
    """The descriptions that are open, or closed with their flows not emitted yet."""
    for image in images:
        yield from image.channels
        yield from image.owing
        yield from (description for description, _ in image.given_up or ())
    tables = chain((image.fds for image in images), (fork.fds for fork in host.forks.values()))
    for table in tables:
        yield from (entry.description for entry in table.values())
    yield from (description for _, description in host.masters)


def _named_by(description: Description) -> Iterator[int]:
    yield from (node.id for node in (description.node, description.sink) if node is not None)
    if description.connected_by is not None:
        yield description.connected_by
    if description.owed is not None:
        yield description.owed.image.id
    for peer in (description.peers or {}).values():
        yield from (peer.node.id, peer.image)


def _forget_endpoints(host: Host, needed: set[int]) -> None:
    """Remove network addresses that no open socket is connected to. Their flows are never merged, so they have no state to
    lose; AF_UNIX addresses have, and stay."""
    host.endpoints = {
        key: node for key, node in host.endpoints.items() if key[0] == _UNIX or not node.shared or node.id in needed
    }


def _forget_logins(host: Host) -> None:
    """Remove the begins of sessions that no process runs in any more, and what ran in another's name and has ended."""
    alive = {image.ses for image in host.live.values()}
    host.logins = {ses: login for ses, login in host.logins.items() if ses in alive}
    host.elevated = {pid: image for pid, image in host.elevated.items() if host.live.get(pid) is image}


def _forget_sessions(host: Host, images: list[Image]) -> None:
    """Remove sessions that no image belongs to any more."""
    alive = {(image.auid, image.ses) for image in images}
    living: dict[tuple[int, int], GraphObject] = {key: node for key, node in host.sessions.items() if key in alive}
    host.sessions = living
