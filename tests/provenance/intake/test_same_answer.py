"""However the same log comes in, the graph is the same."""

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
from tests.provenance.intake.logs import cut, digest_of, recorded, tallies_of, took_in, written

LINES = 16_000


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    took_in(folder / "whole.db", [written(folder / "audit.log", recorded(LINES))])
    return folder / "whole.db"


def same(store: Path, whole: Path) -> None:
    assert digest_of(store) == digest_of(whole)
    assert tallies_of(store) == tallies_of(whole)


def test_the_same_file_twice(tmp_path: Path, whole: Path) -> None:
    log = written(tmp_path / "audit.log", recorded(LINES))
    store = tmp_path / "twice.db"
    first, second = took_in(store, [log]), took_in(store, [log])
    assert (first.known, second.events, second.known) == (0, 0, first.events)
    same(store, whole)


@pytest.mark.parametrize("seed", range(5))
def test_yesterday_then_today(tmp_path: Path, whole: Path, seed: int) -> None:
    lines = recorded(LINES).splitlines(keepends=True)
    border = random.Random(seed).randrange(1, LINES)
    store = tmp_path / "days.db"
    took_in(store, [written(tmp_path / "1.log", b"".join(lines[:border]))])
    took_in(store, [written(tmp_path / "2.log", b"".join(lines[border:]))])
    same(store, whole)


@pytest.mark.parametrize("seed", range(3))
def test_overlapping_files(tmp_path: Path, whole: Path, seed: int) -> None:
    lines = recorded(LINES).splitlines(keepends=True)
    pick = random.Random(seed)
    first, second = sorted((pick.randrange(1, LINES), pick.randrange(1, LINES)))
    store = tmp_path / "overlap.db"
    took_in(store, [written(tmp_path / "1.log", b"".join(lines[:second]))])
    took_in(store, [written(tmp_path / "2.log", b"".join(lines[first:]))])
    same(store, whole)


@pytest.mark.parametrize("seed", range(3))
def test_a_copy_of_a_growing_file_then_the_file(tmp_path: Path, whole: Path, seed: int) -> None:
    """The copy ends in the middle of a line."""
    log = recorded(LINES)
    border = random.Random(seed).randrange(1, len(log))
    store = tmp_path / "growing.db"
    took_in(store, [written(tmp_path / "audit.log", log[:border])])
    took_in(store, [written(tmp_path / "audit.log", log)])
    same(store, whole)


def test_pieces_in_one_go(tmp_path: Path, whole: Path) -> None:
    store = tmp_path / "pieces.db"
    took_in(store, cut(tmp_path, recorded(LINES), 9))
    same(store, whole)


def test_a_folder_of_rotated_and_compressed_logs(tmp_path: Path, whole: Path) -> None:
    folder = tmp_path / "audit"
    folder.mkdir()
    parts = [path.read_bytes() for path in cut(tmp_path, recorded(LINES), 4)]
    written(folder / "audit.log.3.gz", gzip.compress(parts[0], 1))
    written(folder / "audit.log.2.xz", lzma.compress(parts[1], preset=0))
    written(folder / "audit.log.1.zst", zstd.compress(parts[2]))
    written(folder / "audit.log", parts[3])
    store = tmp_path / "rotated.db"
    took_in(store, [folder])
    same(store, whole)


def test_two_processes(tmp_path: Path, whole: Path) -> None:
    store = tmp_path / "jobs.db"
    took_in(store, cut(tmp_path, recorded(LINES), 3), jobs=2)
    same(store, whole)


def test_no_newline_at_the_end(tmp_path: Path) -> None:
    """The last event is whole, and provisional only because its last line could go on."""
    log = recorded(LINES)
    log = log[: log.index(b"\n", log.rindex(b"type=PROCTITLE")) + 1]
    took_in(tmp_path / "with.db", [written(tmp_path / "with.log", log)])
    took_in(tmp_path / "without.db", [written(tmp_path / "without.log", log[:-1])])
    with (
        closing(open_store(str(tmp_path / "with.db"))) as one,
        closing(open_store(str(tmp_path / "without.db"))) as two,
    ):
        assert {node.id: node for node in one.all_nodes()} == {node.id: node for node in two.all_nodes()}
        assert _closed(one) == _closed(two)
    took_in(tmp_path / "without.db", [tmp_path / "with.log"])
    same(tmp_path / "without.db", tmp_path / "with.db")


def _closed(store: Store) -> set[tuple[object, ...]]:
    return {flow[:7] for flow in store.all_flows()}


def test_a_last_line_that_may_be_cut_waits_for_the_rest(tmp_path: Path) -> None:
    """Half a file name is no file name."""
    log = recorded(LINES)
    end = log.rindex(b" name=", 0, log.rindex(b"type=PROCTITLE")) + 12
    took_in(tmp_path / "s.db", [written(tmp_path / "audit.log", log[:end])])
    known = log[: log.rindex(b"\n", 0, end) + 1]
    took_in(tmp_path / "known.db", [written(tmp_path / "known.log", known)])
    with (
        closing(open_store(str(tmp_path / "s.db"))) as cut_off,
        closing(open_store(str(tmp_path / "known.db"))) as whole,
    ):
        assert {node.id for node in cut_off.all_nodes()} <= {node.id for node in whole.all_nodes()}


def test_hosts_in_one_file_or_in_two(tmp_path: Path) -> None:
    lines = recorded(8_000).splitlines(keepends=True)
    others = [line.replace(b"node=web01 ", b"node=db01 ") for line in lines]
    mixed = b"".join(line for pair in zip(lines, others, strict=True) for line in pair)
    apart = [written(tmp_path / "a.log", b"".join(lines)), written(tmp_path / "b.log", b"".join(others))]
    took_in(tmp_path / "mixed.db", [written(tmp_path / "mixed.log", mixed)])
    took_in(tmp_path / "apart.db", apart, jobs=3)
    same(tmp_path / "mixed.db", tmp_path / "apart.db")


def test_connections_of_hosts_that_come_in_parts(tmp_path: Path) -> None:
    """What joins them is looked for in all that there is, each time, and what is kept is only changed where it must."""
    with lzma.open(ROOT / "tests" / "recordings" / "fleet" / "fleet.log.xz") as stream:
        lines = stream.read().splitlines(keepends=True)
    parts = [lines[at * len(lines) // 4 : (at + 1) * len(lines) // 4] for at in range(4)]
    took_in(tmp_path / "whole.db", [written(tmp_path / "whole.log", b"".join(lines))])
    for number, part in enumerate(parts):
        took_in(tmp_path / "parts.db", [written(tmp_path / f"{number}.log", b"".join(part))])
    same(tmp_path / "parts.db", tmp_path / "whole.db")
    with (
        closing(open_store(str(tmp_path / "whole.db"))) as one,
        closing(open_store(str(tmp_path / "parts.db"))) as other,
    ):
        assert list(one.flows(None, None, FlowKind.REACHED)) == list(other.flows(None, None, FlowKind.REACHED)) != []
        assert [host[4:] for host in one.hosts()] == [host[4:] for host in other.hosts()]


def test_two_files_that_both_name_the_host_are_read_in_turn_by_one_process(tmp_path: Path, whole: Path) -> None:
    store = tmp_path / "both.db"
    done = took_in(store, cut(tmp_path, recorded(LINES), 2), jobs=3)
    assert done.hosts == {"web01"}
    same(store, whole)
