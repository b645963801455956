"""The invariants of every state that a deriver saves. The rules rely on them, so a checkpoint that violates one is damaged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..state.host import Host
from ..state.objects import Channel, Description, Image
from ..state.unrecorded_calls import KINDS
from .errors import damaged


def check(host: Host) -> None:
    """Raises CheckpointError when objects contradict each other."""
    images = {**dict.fromkeys(host.live.values()), **dict.fromkeys(host.ended.values())}
    images.update(dict.fromkeys(fork.parent for fork in host.forks.values()))
    images.update(dict.fromkeys((*host.elevated.values(), *(login.image for login in host.logins.values()))))
    _require(
        all(image.pid == pid for known in (host.live, host.ended, host.elevated) for pid, image in known.items()),
        "a pid",
    )
    _require(tuple(host.unrecorded) == KINDS, "the kinds of calls without records")
    _require(min(host.clock.now, host.moment, host.first) >= 0, "a moment")
    for image in images:
        _require(all(_fits(*held) for held in image.channels.items()), "a channel")
        _require(all(d.owed is not None and d.owed.image is image for d in image.owing), "what a process owes")
    owed = [description for description in _descriptions(host, images) if description.owed is not None]
    _require(all(_fits(d, d.owed.channel) for d in owed if d.owed is not None), "a channel")
    _require(_owing(owed) >= {id(description) for description in owed}, "what a process owes")


def _fits(description: Description, channel: Channel) -> bool:
    return channel.description is description and description.node is not None


def _owing(owed: Iterable[Description]) -> set[int]:
    """The `id` of every description in the `owing` of the images that owe one of these descriptions."""
    debtors = {id(d.owed.image): d.owed.image for d in owed if d.owed is not None}
    return {id(description) for image in debtors.values() for description in image.owing}


def _descriptions(host: Host, images: dict[Image, None]) -> Iterator[Description]:
    tables = [*(image.fds for image in images), *(fork.fds for fork in host.forks.values())]
    for table in {id(table): table for table in tables}.values():
        yield from (entry.description for entry in table.values())
    for image in images:
        yield from image.channels
        yield from image.owing


def _require(true: bool, what: str) -> None:
    if not true:
        raise damaged(f"it contradicts itself about {what}")
