"""A damaged or hostile checkpoint is rejected with one kind of error and with bounded memory."""

from __future__ import annotations

import random
import tracemalloc
import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provenance.ingest import checkpoint
from provenance.ingest.checkpoint import CheckpointError, envelope
from provenance.ingest.checkpoint.columns import Rows, To, columns
from provenance.ingest.checkpoint.decoding import decode
from provenance.ingest.checkpoint.encoding import encode
from provenance.ingest.checkpoint.schema import VERSION, Content, tables
from tests.ingest.checkpoint.states import everything, recorded

HEAD = b"provenance-checkpoint/%d\n" % VERSION
NO_LINES = len(zlib.compress(b"")).to_bytes(8, "big") + zlib.compress(b"")
FRONT = HEAD + NO_LINES
KEPT = (1, 7, 23, 104, 3511, 90210)
"""Seeds of mutations that are tried each time; one that found something is added here."""


def loads(saved: bytes) -> bool:
    """Whether a checkpoint loads; anything but a CheckpointError fails the test."""
    try:
        deriver, held = checkpoint.load(saved)
    except CheckpointError as error:
        assert str(error) and "\n" not in str(error)
        return False
    checkpoint.save(deriver, held)
    return True


def mutated(data: bytes, seed: int) -> bytes:
    """Data with a few places changed, cut out, doubled, or cut off."""
    rng = random.Random(seed)
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5))):
        place, size = rng.randrange(len(changed)), rng.choice((1, 1, 2, 9))
        chunk = rng.choice(
            (
                bytes((changed[place] ^ 1 << rng.randrange(8),)),
                rng.randbytes(size),
                b"",
                bytes(changed[place : place + size]) * 2,
                bytes((rng.choice((0x00, 0x7F, 0x80, 0x90, 0xC0, 0xC3, 0xCF, 0xD3, 0xDF, 0xFF)),)),
            )
        )
        changed[place : place + size] = chunk
        if not changed:
            break
    return bytes(changed[: rng.randrange(len(changed) + 1)] if rng.random() < 0.1 else changed)


def by_seeds(test: Any) -> Any:
    """Runs the test with the stored seeds, and with others."""
    for seed in KEPT:
        test = example(seed)(test)
    return settings(max_examples=150, deadline=None)(given(st.integers(0, 1 << 32))(test))


@by_seeds
def test_changed_bytes(seed: int) -> None:
    loads(mutated(recorded("container", "box01"), seed))


@by_seeds
def test_changed_content(seed: int) -> None:
    """An attacker also writes a valid checksum."""
    loads(FRONT + zlib.compress(mutated(envelope.content_of(checkpoint.save(everything())), seed)))


@by_seeds
def test_changed_tables(seed: int) -> None:
    """Values of the right types in wrong places: what only the references and counts can tell."""
    rng = random.Random(seed)
    content = decode(envelope.content_of(checkpoint.save(everything())))
    for _ in range(rng.choice((1, 1, 3))):
        table = getattr(content, rng.choice(sorted(tables())))
        values = getattr(table, rng.choice(table.__struct_fields__))
        if values:
            values[rng.randrange(len(values))] = rng.choice((*values, 0, 1, 1 << 40, -1, None, b"", True))
        if rng.random() < 0.2:
            values[: rng.randrange(2)] = []
    loads(sealed(content))


def sealed(content: Content) -> bytes:
    return envelope.seal(VERSION, msgspec.msgpack.encode(content), b"")


def test_every_reference_and_count_is_checked() -> None:
    saved = checkpoint.save(everything())
    for name, table in tables().items():
        for column, mark in columns(table).items():
            content = decode(envelope.content_of(saved))
            values = getattr(getattr(content, name), column)
            if isinstance(mark, (To, Rows)) and values:
                values[-1] = 1 << 40
                assert not loads(sealed(content)), (name, column)
                values[-1] = -1
                assert not loads(sealed(content)), (name, column)


def test_every_column_is_as_long_as_the_others() -> None:
    saved = checkpoint.save(everything())
    for name, table in tables().items():
        for column in columns(table):
            content = decode(envelope.content_of(saved))
            getattr(getattr(content, name), column).append(getattr(getattr(content, name), column)[0])
            assert not loads(sealed(content)), (name, column)


@pytest.mark.parametrize(
    ("what", "table", "column", "value"),
    [
        ("a pid", "live", "pid", 77),
        ("a moment", "host", "moment", -1),
        ("a moment", "position", "now", -1),
        ("kinds", "unrecorded", "first", None),
        ("Expected `int`", "runs", "first", "x"),
        ("Expected `bool`", "nodes", "shared", 1),
        ("not a valid DescriptionKind", "descriptions", "kind", 99),
        ("99", "image_runs", "kind", 99),
    ],
)
def test_a_contradictory_checkpoint_is_an_error(what: str, table: str, column: str, value: object) -> None:
    content = decode(envelope.content_of(checkpoint.save(everything())))
    if value is None:
        content.unrecorded.kind.reverse()
    else:
        getattr(getattr(content, table), column)[0] = value
    with pytest.raises(CheckpointError, match=what):
        checkpoint.load(sealed(content))


@pytest.mark.parametrize(
    ("what", "table", "column"),
    [
        ("a channel|twice", "image_channels", "description"),
        ("a channel", "descriptions", "node"),
        ("a channel", "owed", "channel"),
        ("what a process owes", "owed", "image"),
        ("what a process owes", "owing", "description"),
    ],
)
def test_channels_and_debts_that_contradict_each_other(what: str, table: str, column: str) -> None:
    """Any reference of these columns that leads to something else than it did."""
    saved = checkpoint.save(everything())
    for row in range(len(getattr(getattr(decode(envelope.content_of(saved)), table), column))):
        content = decode(envelope.content_of(saved))
        values = getattr(getattr(content, table), column)
        if column != "node":
            values[row] = values[row] + 1 if values[row] == 0 else values[row] - 1
        elif row in content.image_channels.description:
            values[row] = None
        else:
            continue
        with pytest.raises(CheckpointError, match=what):
            checkpoint.load(sealed(content))


@pytest.mark.parametrize(
    "saved",
    [
        b"",
        b"nonsense",
        b"provenance-checkpoint/",
        b"provenance-checkpoint/6",
        b"provenance-checkpoint/\xb26\n",
        b"provenance-checkpoint/-6\n",
        b"provenance-checkpoint/" + b"9" * 5000 + b"\n",
        HEAD,
        HEAD + b"not compressed",
        FRONT,
        FRONT + b"not compressed",
        HEAD + b"\xff" * 8 + zlib.compress(b"") * 2,
        HEAD + (3).to_bytes(8, "big") + zlib.compress(b"") * 2,
        FRONT + zlib.compress(b""),
        FRONT + zlib.compress(b"\xc1"),
        FRONT + zlib.compress(b"\x91" * 100_000),
        FRONT + zlib.compress(msgspec.msgpack.encode(None)),
        FRONT + zlib.compress(msgspec.msgpack.encode({})),
        FRONT + zlib.compress(msgspec.msgpack.encode({"texts": [], "surprise": 1})),
        FRONT + zlib.compress(encode(decode(envelope.content_of(checkpoint.save(everything()))))) + b"more",
    ],
    ids=lambda saved: f"{zlib.crc32(saved):08x}",
)
def test_other_bytes_are_no_checkpoint(saved: bytes) -> None:
    assert not loads(saved)


def test_odd_values_have_their_place() -> None:
    """Numbers beyond 64 bits and texts that UTF-8 cannot hold stand beside the tables, and lead into them only where they may."""
    saved = checkpoint.save(everything())
    for change in (
        {"table": "nowhere"},
        {"column": "nowhere"},
        {"row": 1 << 40},
        {"digits": "many"},
        {"digits": "9" * 10_000},
        {"table": "images", "column": "command", "row": 0},
        {"table": "images", "column": "evidence", "row": 0},
        {"table": "nodes", "column": "shared", "row": 0},
    ):
        content = decode(envelope.content_of(saved))
        for name, value in change.items():
            setattr(content.wide[0], name, value)
        assert not loads(sealed(content)), change
    for row, text in ((1 << 40, b""), (0, b"\xff")):
        content = decode(envelope.content_of(saved))
        content.surrogates[0].row, content.surrogates[0].text = row, text
        assert not loads(sealed(content))


def peak_of(saved: bytes) -> int:
    """The memory that refusing a checkpoint takes at most."""
    tracemalloc.start()
    try:
        assert not loads(saved)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_small_checkpoint_does_not_fill_the_memory() -> None:
    compressor = zlib.compressobj(9)
    bomb = b"".join(compressor.compress(bytes(1 << 20)) for _ in range(512)) + compressor.flush()
    assert peak_of(FRONT + bomb) < 64 << 20
    assert peak_of(HEAD + len(bomb).to_bytes(8, "big") + bomb + zlib.compress(b"")) < 64 << 20
    assert peak_of(b"provenance-checkpoint/5\n" + bomb) < 64 << 20
    assert peak_of(b"provenance-checkpoint/4\n" + bomb) < 1 << 20


@pytest.mark.parametrize("element", [b"\x90", b"\x80", b"\xa0", b"\xc0", b"\x00", b"\xc4\x01x", b"\xa1x"])
def test_a_small_checkpoint_that_needs_much_memory_is_an_error(element: bytes) -> None:
    amount = (4 << 20) // len(element) - 100
    listed = b"\xdd" + amount.to_bytes(4, "big") + element * amount
    for content in (
        b"\x81\xa5texts" + listed,
        b"\x81\xa5nodes\x81\xa2id" + listed,
        b"\x81\xa6images\x81\xa8evidence" + listed,
    ):
        assert peak_of(FRONT + zlib.compress(content)) < 400 << 20
