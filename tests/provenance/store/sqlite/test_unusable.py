"""Unusable files: one line with the file and the reason, exit code 3 (2 for a newer store)."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from provenance.cli import main
from provenance.errors import StoreError, StoreTooNew, StoreUnreachable
from provenance.store import open_store
from provenance.store.interface import EventKey, Store
from provenance.store.sqlite.database import connect_reader, connect_writer, rows
from provenance.store.sqlite.migrations import MIGRATIONS
from provenance.transfer.digest import digest
from tests.conftest import ROOT
from tests.provenance.store.sqlite import history
from tests.provenance.store.sqlite.conftest import make_read_only


def a_store(path: Path) -> None:
    history.go_on(str(path), 2)


def too_new(path: Path) -> None:
    a_store(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 1000")


def of_another_program(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")


def damaged(path: Path) -> None:
    a_store(path)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x5a" * (len(content) - 4096)
    path.write_bytes(content)


def with_part(statement: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        a_store(path)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(statement)
            connection.commit()
            connection.execute("VACUUM")

    return make


UNUSABLE: dict[str, tuple[Callable[[Path], object], str, type[StoreError]]] = {
    "not a database": (
        lambda path: path.write_bytes(b"type=SYSCALL msg=audit(1.000:1):\n" * 99),
        "not an SQLite",
        StoreUnreachable,
    ),
    "a folder": (lambda path: path.mkdir(), "folder|cannot be opened", StoreUnreachable),
    "of another program": (of_another_program, "another program", StoreUnreachable),
    "newer": (too_new, "newer version of this program", StoreTooNew),
    "with a view": (with_part("CREATE VIEW mine AS SELECT 1"), "has the view 'mine'", StoreUnreachable),
    "with a trigger": (
        with_part("CREATE TRIGGER mine AFTER INSERT ON host BEGIN DELETE FROM flow; END"),
        "has the trigger 'mine'",
        StoreUnreachable,
    ),
    "with a virtual table": (
        with_part("CREATE VIRTUAL TABLE mine USING rtree (id, low, high)"),
        "has the virtual table 'mine'",
        StoreUnreachable,
    ),
    "damaged": (damaged, "is damaged", StoreUnreachable),
}


@pytest.mark.parametrize("spoil, message, kind", UNUSABLE.values(), ids=UNUSABLE)
@pytest.mark.parametrize("write", [False, True], ids=["read", "write"])
def test_an_unusable_file_is_reported(
    tmp_path: Path, spoil: Callable[[Path], object], message: str, kind: type[StoreError], write: bool
) -> None:
    path = tmp_path / "graph.db"
    spoil(path)
    store = open_store(str(path))
    with pytest.raises(kind, match=message) as caught:
        use(store, write)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == (2 if kind is StoreTooNew else 3)


def use(store: Store, write: bool) -> None:
    if write:
        with store.writer() as writer:
            writer.apply(history.batch(5))
    else:
        digest(store)


@pytest.mark.parametrize("spoil", [lambda path: None, lambda path: path.touch()], ids=["missing", "empty"])
def test_reading_creates_no_store(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    path = tmp_path / "graph.db"
    spoil(path)
    with pytest.raises(StoreUnreachable, match=f"provenance ingest --store {path}"):
        open_store(str(path)).hosts()
    assert not path.exists() or path.stat().st_size == 0
    with open_store(str(path)).writer():
        pass
    assert open_store(str(path)).hosts() == []


def test_a_damaged_block_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    a_store(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE line_block SET block = x'00112233'")
    with pytest.raises(StoreUnreachable, match="damaged"):
        list(open_store(str(path)).raw([EventKey(history.HOST, history.START_MS, 0)]))


FILL = """
import resource, sys
from provenance.errors import StoreUnreachable
from tests.provenance.store.sqlite import history
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), -1))
try:
    history.go_on(sys.argv[1], 1000)
except StoreUnreachable as error:
    print(error)
"""


def test_a_file_that_may_not_grow_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    reference = tmp_path / "whole.db"
    size = 2_000_000
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] in (resource.RLIM_INFINITY, -1)
    errors = subprocess.run(
        [sys.executable, "-c", FILL, str(path), str(size)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert errors.count("\n") == 1
    assert f"{path} cannot be" in errors or f"{path} no space left" in errors
    _assert_complete_up_to_its_checkpoint(path, reference)


def test_a_full_disk_loses_nothing(small_disk: Path, tmp_path: Path) -> None:
    path = small_disk / "graph.db"
    with pytest.raises(StoreUnreachable, match=f"{path} cannot be written: no space left"):
        history.go_on(str(path), 1000)
    _assert_complete_up_to_its_checkpoint(path, tmp_path / "whole.db")


def test_a_read_only_store(small_disk: Path) -> None:
    path = small_disk / "graph.db"
    a_store(path)
    writable = open_store(str(path))
    before = digest(writable)
    writable.close()
    make_read_only(small_disk)
    store = open_store(str(path))
    assert digest(store) == before
    with pytest.raises(StoreUnreachable, match="read-only file system"):
        store.writer()
    store.close()


def test_a_read_only_store_of_an_old_version_says_how_to_migrate_a_copy(folder_to_lock: Path) -> None:
    path = folder_to_lock / "graph.db"
    connect_writer(path, MIGRATIONS[:1]).close()
    make_read_only(folder_to_lock)
    store = open_store(str(path))
    with pytest.raises(StoreUnreachable, match=r"older version .*\(schema 1\).* `provenance stats --store COPY`"):
        store.hosts()
    store.close()


def test_a_connection_that_is_used_after_its_end_is_a_mistake_of_ours_and_no_error_of_the_store(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    a_store(path)
    connection = connect_reader(path)
    connection.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        rows(connection, path, "SELECT 1")


def _assert_complete_up_to_its_checkpoint(path: Path, reference: Path) -> None:
    store = open_store(str(path))
    last_batch = store.hosts()[0].tallies["events"] // 300
    assert last_batch >= 1
    history.go_on(str(reference), last_batch)
    assert digest(store) == digest(open_store(str(reference)))
    store.close()


def test_a_writer_continues_after_a_failed_batch(tmp_path: Path) -> None:
    """What was rolled back is forgotten: keys that it gave are given again."""
    path = tmp_path / "graph.db"
    bad = history.batch(0)
    bad.tallies = {"events": 1 << 70}
    with open_store(str(path)).writer() as writer:
        with pytest.raises(OverflowError):
            writer.apply(bad)
        writer.apply(history.batch(1))
    with open_store(str(tmp_path / "other.db")).writer() as writer:
        writer.apply(history.batch(1))
    assert digest(open_store(str(path))) == digest(open_store(str(tmp_path / "other.db")))


def test_many_readers_in_threads(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    path = tmp_path / "graph.db"
    a_store(path)
    store = open_store(str(path))
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: digest(store), range(8)))) == 1
    store.close()


def test_a_service_is_not_started_on_a_store_that_it_may_only_read(
    folder_to_lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder_to_lock / "graph.db"
    a_store(path)
    make_read_only(folder_to_lock)
    assert main(["serve", "--store", str(path), "--port", "0"]) == 3
    assert capsys.readouterr().err.startswith(f"provenance: {path} cannot be written: it ")
