"""Raw lines: stored, referenced, or not stored."""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd

from provenance.errors import StoreError, UsageError
from provenance.ingest.facts import Batch, Line
from provenance.store.interface import EventKey, Lines, RawEvent, Store
from tests.provenance.store.conftest import MakeStore

LOG = b"".join(
    b'type=SYSCALL msg=audit(1700000%03d.%03d:%d): comm="a" exe="/b\xff"\ntype=EOE msg=audit(1700000%03d.%03d:%d): \r\n'
    % (number, number, number, number, number, number)
    for number in range(900)
)
"""900 events of two lines."""


def events(log: bytes) -> list[Line]:
    """The events of LOG, whose lines stand together."""
    found: list[Line] = []
    offset = 0
    lines = log.split(b"\n")
    for number in range(900):
        raw = b"\n".join(lines[2 * number : 2 * number + 2])
        ms = (1_700_000_000 + number) * 1000 + number
        found.append(Line(ms << 20, ms, number, raw, offset))
        offset += len(raw) + 1
    return found


def key(line: Line) -> EventKey:
    return EventKey("web01", line.ms, line.serial)


def store_with(make_store: MakeStore, mode: Lines, source: str, lines: list[Line]) -> Store:
    store = make_store(mode)
    with store.writer() as writer:
        for begin in range(0, len(lines), 250):
            writer.apply(Batch("web01", lines=lines[begin : begin + 250], source=source))
    return store


@pytest.mark.parametrize("mode", [Lines.KEEP, Lines.REFERENCE])
@pytest.mark.parametrize(
    "compress", [lambda data: data, gzip.compress, lzma.compress, zstd.compress], ids=["plain", "gz", "xz", "zst"]
)
def test_every_event_is_returned_in_order(
    make_store: MakeStore, tmp_path: Path, mode: Lines, compress: Callable[[bytes], bytes]
) -> None:
    source = tmp_path / "audit.log"
    source.write_bytes(compress(LOG))
    lines = events(LOG)
    store = store_with(make_store, mode, str(source), lines)
    found = list(store.raw(key(line) for line in reversed(lines)))
    assert found == [RawEvent(key(line), line.raw, str(source), line.offset) for line in lines]
    for line in lines[::100]:
        assert [event.raw for event in store.raw([key(line)])] == [line.raw]


def test_separated_lines_of_an_event_are_found(make_store: MakeStore, tmp_path: Path) -> None:
    source = tmp_path / "audit.log"
    first, second = b"type=SYSCALL msg=audit(1700000000.007:7): a", b"type=PATH msg=audit(1700000000.007:7): b"
    between = b"type=SYSCALL msg=audit(1700000000.007:8): c"
    source.write_bytes(b"\n".join((first, between * 3000, second, b"")))
    raw = first + b"\n" + second
    store = store_with(make_store, Lines.REFERENCE, str(source), [Line(1, 1_700_000_000_007, 7, raw, 0)])
    assert [event.raw for event in store.raw([EventKey("web01", 1_700_000_000_007, 7)])] == [raw]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda source: source.write_bytes(LOG.replace(b"comm", b"c0mm")),
        lambda source: source.write_bytes(LOG[: len(LOG) // 2]),
        lambda source: source.write_bytes(b"\x1f\x8b" + LOG),
    ],
    ids=["changed", "cut", "no longer readable"],
)
def test_a_changed_source_is_rejected(make_store: MakeStore, tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    source = tmp_path / "audit.log"
    source.write_bytes(LOG)
    lines = events(LOG)
    store = store_with(make_store, Lines.REFERENCE, str(source), lines)
    spoil(source)
    with pytest.raises(StoreError, match=str(source)):
        list(store.raw([key(lines[-1])]))


def test_a_missing_source_is_reported(make_store: MakeStore, tmp_path: Path) -> None:
    source = tmp_path / "audit.log"
    source.write_bytes(LOG)
    lines = events(LOG)
    store = store_with(make_store, Lines.REFERENCE, str(source), lines)
    source.unlink()
    with pytest.raises(StoreError, match=rf"{source}: No such file"):
        list(store.raw([key(lines[0])]))


def test_a_relative_source_is_found_from_another_folder(
    make_store: MakeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "audit.log").write_bytes(LOG)
    lines = events(LOG)
    monkeypatch.chdir(tmp_path)
    store = store_with(make_store, Lines.REFERENCE, "audit.log", lines)
    monkeypatch.chdir("/")
    assert [event.raw for event in store.raw([key(lines[3])])] == [lines[3].raw]


def test_standard_input_cannot_be_referenced(make_store: MakeStore) -> None:
    with pytest.raises(UsageError, match="standard input"):
        store_with(make_store, Lines.REFERENCE, "-", events(LOG))


def test_lines_none_stores_nothing(make_store: MakeStore) -> None:
    lines = events(LOG)
    store = store_with(make_store, Lines.NONE, "audit.log", lines)
    assert not list(store.raw(key(line) for line in lines))


def test_events_of_one_moment_in_two_batches_are_both_stored(make_store: MakeStore) -> None:
    lines = [Line(5, 1_700_000_000_000, number, b"DAEMON_START %d" % number, 0) for number in (1, 2)]
    store = make_store()
    with store.writer() as writer:
        for line in lines:
            writer.apply(Batch("web01", lines=[line]))
    assert [event.raw for event in store.raw(key(line) for line in lines)] == [line.raw for line in lines]


def test_events_that_differ_only_in_their_own_time_are_two(make_store: MakeStore) -> None:
    """A host's daemon counts serials of its own, so one moment and serial can be of two events."""
    lines = [Line(5 << 20, 5, 9, b"kernel", 0), Line(5 << 20, 4, 9, b"daemon", 7)]
    store = store_with(make_store, Lines.KEEP, "audit.log", lines)
    assert {event.key.ms: event.raw for event in store.raw(map(key, lines))} == {5: b"kernel", 4: b"daemon"}
