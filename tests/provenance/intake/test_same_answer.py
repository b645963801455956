"""The same log gives the same graph, however it is split and repeated."""

from __future__ import annotations

import gzip
import lzma
import random
from contextlib import closing
from pathlib import Path

import pytest
from backports import zstd

from provenance.ingest.facts import FlowKind
from provenance.store import open_store
from provenance.store.interface import Store
from tests.conftest import ROOT
from tests.provenance.intake.logs import cut, digest_of, ingest_into, recorded, tallies_of, write_log

LINES = 16_000


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    ingest_into(folder / "whole.db", [write_log(folder / "audit.log", recorded(LINES))])
    return folder / "whole.db"


def assert_same(store: Path, complete: Path) -> None:
    assert digest_of(store) == digest_of(complete)
    assert tallies_of(store) == tallies_of(complete)


def test_the_same_file_twice(tmp_path: Path, complete: Path) -> None:
    log = write_log(tmp_path / "audit.log", recorded(LINES))
    store = tmp_path / "twice.db"
    first, second = ingest_into(store, [log]), ingest_into(store, [log])
    assert (first.known, second.events, second.known) == (0, 0, first.events)
    assert_same(store, complete)


@pytest.mark.parametrize("seed", range(5))
def test_yesterday_then_today(tmp_path: Path, complete: Path, seed: int) -> None:
    lines = recorded(LINES).splitlines(keepends=True)
    border = random.Random(seed).randrange(1, LINES)
    store = tmp_path / "days.db"
    ingest_into(store, [write_log(tmp_path / "1.log", b"".join(lines[:border]))])
    ingest_into(store, [write_log(tmp_path / "2.log", b"".join(lines[border:]))])
    assert_same(store, complete)


@pytest.mark.parametrize("seed", range(3))
def test_overlapping_files(tmp_path: Path, complete: Path, seed: int) -> None:
    lines = recorded(LINES).splitlines(keepends=True)
    pick = random.Random(seed)
    first, second = sorted((pick.randrange(1, LINES), pick.randrange(1, LINES)))
    store = tmp_path / "overlap.db"
    ingest_into(store, [write_log(tmp_path / "1.log", b"".join(lines[:second]))])
    ingest_into(store, [write_log(tmp_path / "2.log", b"".join(lines[first:]))])
    assert_same(store, complete)


@pytest.mark.parametrize("seed", range(3))
def test_a_copy_of_a_growing_file_then_the_file(tmp_path: Path, complete: Path, seed: int) -> None:
    """The copy ends in the middle of a line."""
    log = recorded(LINES)
    border = random.Random(seed).randrange(1, len(log))
    store = tmp_path / "growing.db"
    ingest_into(store, [write_log(tmp_path / "audit.log", log[:border])])
    ingest_into(store, [write_log(tmp_path / "audit.log", log)])
    assert_same(store, complete)


def test_parts_in_one_ingest(tmp_path: Path, complete: Path) -> None:
    store = tmp_path / "pieces.db"
    ingest_into(store, cut(tmp_path, recorded(LINES), 9))
    assert_same(store, complete)


def test_a_folder_of_rotated_and_compressed_logs(tmp_path: Path, complete: Path) -> None:
    folder = tmp_path / "audit"
    folder.mkdir()
    parts = [path.read_bytes() for path in cut(tmp_path, recorded(LINES), 4)]
    write_log(folder / "audit.log.3.gz", gzip.compress(parts[0], 1))
    write_log(folder / "audit.log.2.xz", lzma.compress(parts[1], preset=0))
    write_log(folder / "audit.log.1.zst", zstd.compress(parts[2]))
    write_log(folder / "audit.log", parts[3])
    store = tmp_path / "rotated.db"
    ingest_into(store, [folder])
    assert_same(store, complete)


def test_two_processes(tmp_path: Path, complete: Path) -> None:
    store = tmp_path / "jobs.db"
    ingest_into(store, cut(tmp_path, recorded(LINES), 3), jobs=2)
    assert_same(store, complete)


def test_no_newline_at_the_end(tmp_path: Path) -> None:
    """The last event is complete, but provisional because its last line could continue."""
    log = recorded(LINES)
    log = log[: log.index(b"\n", log.rindex(b"type=PROCTITLE")) + 1]
    ingest_into(tmp_path / "with.db", [write_log(tmp_path / "with.log", log)])
    ingest_into(tmp_path / "without.db", [write_log(tmp_path / "without.log", log[:-1])])
    with (
        closing(open_store(str(tmp_path / "with.db"))) as one,
        closing(open_store(str(tmp_path / "without.db"))) as two,
    ):
        assert {node.id: node for node in one.all_nodes()} == {node.id: node for node in two.all_nodes()}
        assert _closed(one) == _closed(two)
    ingest_into(tmp_path / "without.db", [tmp_path / "with.log"])
    assert_same(tmp_path / "without.db", tmp_path / "with.db")


def _closed(store: Store) -> set[tuple[object, ...]]:
    return {flow[:7] for flow in store.all_flows()}


def test_an_unterminated_last_line_waits_for_the_rest(tmp_path: Path) -> None:
    """Half a file name is no file name."""
    log = recorded(LINES)
    end = log.rindex(b" name=", 0, log.rindex(b"type=PROCTITLE")) + 12
    ingest_into(tmp_path / "s.db", [write_log(tmp_path / "audit.log", log[:end])])
    known = log[: log.rindex(b"\n", 0, end) + 1]
    ingest_into(tmp_path / "known.db", [write_log(tmp_path / "known.log", known)])
    with (
        closing(open_store(str(tmp_path / "s.db"))) as cut_off,
        closing(open_store(str(tmp_path / "known.db"))) as complete,
    ):
        assert {node.id for node in cut_off.all_nodes()} <= {node.id for node in complete.all_nodes()}


def test_hosts_in_one_file_or_in_two(tmp_path: Path) -> None:
    lines = recorded(8_000).splitlines(keepends=True)
    others = [line.replace(b"node=web01 ", b"node=db01 ") for line in lines]
    mixed = b"".join(line for pair in zip(lines, others, strict=True) for line in pair)
    separate = [write_log(tmp_path / "a.log", b"".join(lines)), write_log(tmp_path / "b.log", b"".join(others))]
    ingest_into(tmp_path / "mixed.db", [write_log(tmp_path / "mixed.log", mixed)])
    ingest_into(tmp_path / "apart.db", separate, jobs=3)
    assert_same(tmp_path / "mixed.db", tmp_path / "apart.db")


def test_connections_of_hosts_ingested_in_parts(tmp_path: Path) -> None:
    """Each ingest joins all ends of connections again, and changes only flows that differ."""
    with lzma.open(ROOT / "tests" / "recordings" / "fleet" / "fleet.log.xz") as stream:
        lines = stream.read().splitlines(keepends=True)
    parts = [lines[at * len(lines) // 4 : (at + 1) * len(lines) // 4] for at in range(4)]
    ingest_into(tmp_path / "whole.db", [write_log(tmp_path / "whole.log", b"".join(lines))])
    for number, part in enumerate(parts):
        ingest_into(tmp_path / "parts.db", [write_log(tmp_path / f"{number}.log", b"".join(part))])
    assert_same(tmp_path / "parts.db", tmp_path / "whole.db")
    with (
        closing(open_store(str(tmp_path / "whole.db"))) as one,
        closing(open_store(str(tmp_path / "parts.db"))) as other,
    ):
        assert list(one.flows(None, None, FlowKind.REACHED)) == list(other.flows(None, None, FlowKind.REACHED)) != []
        assert [host[4:] for host in one.hosts()] == [host[4:] for host in other.hosts()]


def test_two_files_of_one_host_are_read_by_one_process(tmp_path: Path, complete: Path) -> None:
    store = tmp_path / "both.db"
    result = ingest_into(store, cut(tmp_path, recorded(LINES), 2), jobs=3)
    assert result.hosts == {"web01"}
    assert_same(store, complete)
