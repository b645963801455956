"""Checkpoints of version 5, which were pickles, are read and continued; other pickles are not executed."""

from __future__ import annotations

import os
import pickle
import pickletools
import random
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from provenance.ingest import checkpoint
from provenance.ingest.checkpoint import CheckpointError, version_5
from provenance.ingest.deriver import Deriver
from provenance.ingest.facts import FlowKind
from provenance.ingest.state.objects import DescriptionKind, Image
from tests.ingest.checkpoint.old_pickle import old_checkpoint, pickled, sealed
from tests.ingest.checkpoint.states import everything
from tests.ingest.checkpoint.test_damaged import by_seeds, loads, mutated, peak_of
from tests.ingest.histories import Step, histories, script_of


def _forget(deriver: Deriver) -> None:
    """Version 5 remembered neither the first events of boots, nor the records of the daemon, nor former accounts."""
    deriver.host.boots, deriver.host.daemon_records = {}, {}
    for image in (*deriver.host.live.values(), *deriver.host.ended.values()):
        image.accounts = None


def test_version_5_is_read_as_it_was_saved() -> None:
    deriver = everything()
    again, held = checkpoint.load(old_checkpoint(deriver, b"held\n"))
    assert held == b"held\n"
    deriver.host.logins, deriver.host.elevated = {}, {}
    _forget(deriver)
    assert checkpoint.save(again) == checkpoint.save(deriver)


@settings(max_examples=30, deadline=None)
@given(histories(25))
def test_any_state_is_carried_over(history: list[Step]) -> None:
    deriver = Deriver("web01")
    for event in script_of(history).parsed():
        deriver.push(event)
    again = checkpoint.load(old_checkpoint(deriver))[0]
    _forget(deriver)
    assert checkpoint.save(again) == checkpoint.save(deriver)


def test_the_pickles_here_are_those_of_the_version() -> None:
    """Like the stored real pickle, they name only classes that version 5 named, with the instructions of its pickler."""
    used = {name for name, *_ in ((op.code.encode("latin-1"), at) for op, _, at in pickletools.genops(_content()))}
    assert used <= set(version_5._INSTRUCTIONS)


def _content() -> bytes:
    return zlib.decompress(old_checkpoint(everything()).partition(b"\n")[2])


class Hostile:
    """A call that a hostile pickle may request."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("echo built > /tmp/never",)


class Called:
    """Calls one of the known classes with arguments of its choice."""

    def __init__(self, cls: type, *arguments: object) -> None:
        self.called = cls, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.called


@pytest.mark.parametrize(
    "content",
    [
        Hostile(),
        (Path("/tmp"), 1, 2, 3, b""),
        (Called(Image, 1, 2, 3, 4, b""), 1, 2, 3, b""),
        (Called(FlowKind, "Name", "members"), 1),
        (Called(DescriptionKind, 99), 1),
        bytearray(b"x"),
        1.5,
        None,
        (),
        (1, 2, 3, 4, 5),
        {"host": "web01"},
    ],
    ids=lambda content: type(content).__name__,
)
def test_other_content_is_refused(content: object) -> None:
    assert not loads(sealed(pickled(content)))
    assert not loads(sealed(pickle.dumps(content, 2)))


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (b"", "EOF"),
        (b"no pickle", "instruction 0x6e"),
        (b"\x80\x63.", "unsupported pickle protocol"),
        (b"\x80\x05.", "pop from empty"),
        (b"cos\nsystem\n(S'true'\ntR.", "instruction 0x63"),
        (b"\x80\x05\x8c\x02os\x8c\x06system\x93.", "must not hold os.system"),
        (b"\x80\x05\x8c\x0bingest.host\x8c\x04Host\x93)R.", "unexpected content"),
        (b"\x80\x05\x8c\x0cingest.state\x8c\x05Image\x93}\x8c\x05table\x8c\x01xsb.", "unexpected content"),
        (b"\x80\x05\x8c\x0cingest.state\x8c\x05Image\x93N\x85\x81.", "unexpected content"),
        (b"\x80\x05\x8c\x0cingest.facts\x8c\x08FlowKind\x93)R.", "unexpected content"),
        (b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\x0f.", "instruction 0x96"),
        (b"\x80\x05r\xff\xff\xff\x7f.", "instruction 0x72"),
        (b"\x80\x05j\xff\xff\xff\x7f.", "Memo"),
        (b"\x80\x05J\x00", "unpack requires"),
    ],
)
def test_other_programs_are_not_run(program: bytes, why: str) -> None:
    with pytest.raises(CheckpointError, match=why):
        checkpoint.load(sealed(program))
    assert not hasattr(Image, "x")


@by_seeds
def test_changed_pickles(seed: int) -> None:
    loads(sealed(mutated(_content(), seed)))


@by_seeds
def test_objects_in_wrong_places(seed: int) -> None:
    """Whatever is of a wrong type fails in the encoding of today, and as an error of ours."""
    rng = random.Random(seed)
    deriver = everything()
    objects: list[Any] = [deriver.host, *deriver.host.live.values(), *deriver.host.inodes.values()]
    objects += [entry.description for image in deriver.host.live.values() for entry in image.fds.values()]
    values: list[Any] = [
        None,
        -1,
        "x",
        b"x",
        [],
        {},
        (),
        {1: 2},
        [[]],
        *objects,
        {"a": (1, 2)},
        {1},
        True,
        FlowKind.READ,
    ]
    for _ in range(rng.choice((1, 1, 3))):
        changed = rng.choice(objects)
        names = [*getattr(type(changed), "__slots__", ())] or [*vars(changed)]
        setattr(changed, rng.choice(names), rng.choice(values))
    loads(old_checkpoint(deriver))


def test_an_object_that_is_shared_a_million_times_is_stored_once() -> None:
    """A dictionary in many images would be as many rows as both have."""
    deriver = everything()
    image = deriver.host.live[100]
    runs = {(1, number, number): next(iter(image.runs.values())) for number in range(3000)}
    for pid in range(1000, 4000):
        one = deriver.host.live[pid] = Image(pid, pid, 1, 1, b"")
        one.runs = runs
    assert peak_of(old_checkpoint(deriver)) < 200 << 20
