"""A sealed store gives the answers that it was sealed with, or none."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.hardness.stores import damaged_stores
from provenance.errors import StoreUnreachable
from provenance.store import open_store
from provenance.store.sqlite import seal
from provenance.store.sqlite.database import connect_changer, connect_reader, connect_writer
from provenance.transfer.digest import digest
from tests.conftest import ROOT
from tests.provenance.store.sqlite import history


def a_store(folder: Path) -> Path:
    path = folder / "store.db"
    history.go_on(str(path), 3)
    return path


def is_sealed(path: Path) -> bool:
    return b"PROVSEAL" in path.read_bytes()[-64:]


def test_no_damage_gives_another_answer(tmp_path: Path) -> None:
    found = damaged_stores(a_store(tmp_path), tmp_path, 150)
    assert (found.other, found.tracebacks) == (0, 0)
    assert found.refused > 100


def test_a_changed_byte_that_breaks_no_structure_is_noticed(tmp_path: Path) -> None:
    path = a_store(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"inode"', b'"Inode"', 1))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with pytest.raises(StoreUnreachable, match=r"is damaged.*1 of its \d+ blocks of 64 KiB have changed"):
        connect_reader(path)
    with pytest.raises(StoreUnreachable, match="is damaged"):
        connect_writer(path)


def test_a_damaged_seal_is_noticed(tmp_path: Path) -> None:
    path = a_store(tmp_path)
    content = bytearray(path.read_bytes())
    content[-30] ^= 0x55
    path.write_bytes(content)
    with pytest.raises(StoreUnreachable, match="behind its last page are no seal"):
        connect_reader(path)


@pytest.mark.parametrize("lost", [1, 5, 20, 23])
def test_a_seal_that_a_loss_of_power_left_unfinished_is_no_damage(lost: int, tmp_path: Path) -> None:
    path = a_store(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[:-lost])
    with closing(open_store(str(path))) as store:
        expected = digest(store)
    history.go_on(str(path), 4)
    assert is_sealed(path)
    with closing(open_store(str(path))) as store:
        assert digest(store) != expected


def test_a_seal_behind_something_else_is_noticed(tmp_path: Path) -> None:
    path = a_store(tmp_path)
    content = path.read_bytes()
    length = content.rindex(b"PROVSEAL")
    path.write_bytes(content[: length - 4] + b"more" + content[length - 4 :])
    with pytest.raises(StoreUnreachable, match="behind its last page are no seal"):
        connect_reader(path)


@pytest.mark.parametrize("room", [0, 5])
def test_a_store_on_a_full_disk_stays_without_a_seal(room: int, tmp_path: Path) -> None:
    path = a_store(tmp_path)
    content = path.read_bytes()
    length = int.from_bytes(content[16:18], "big") * int.from_bytes(content[28:32], "big")
    path.write_bytes(content[:length])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    descriptor = os.open(path, os.O_RDWR)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (length + room, before[1]))
        seal._append(descriptor, length)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        os.close(descriptor)
    assert path.read_bytes() == content[:length]


def test_a_changed_byte_before_an_unfinished_seal_is_noticed(tmp_path: Path) -> None:
    path = a_store(tmp_path)
    content = path.read_bytes().replace(b'"inode"', b'"Inode"', 1)
    path.write_bytes(content[:-3])
    with pytest.raises(StoreUnreachable, match="behind its last page are no seal"):
        connect_reader(path)


def test_a_change_beside_the_writer_drops_the_seal_and_the_next_writer_seals_again(tmp_path: Path) -> None:
    path = a_store(tmp_path)
    assert is_sealed(path)
    with closing(connect_changer(path)) as connection:
        connection.execute("INSERT INTO document VALUES ('x', 'x', '', 0, 1, x'00')")
    assert not is_sealed(path)
    assert path.stat().st_size % 4096 == 0
    connect_reader(path).close()
    history.go_on(str(path), 4)
    assert is_sealed(path)
    connect_reader(path).close()


def test_a_change_by_a_connection_that_was_open_before_the_store_was_sealed_drops_the_seal(tmp_path: Path) -> None:
    path = a_store(tmp_path)
    with closing(connect_changer(path)) as kept:
        kept.execute("SELECT count(*) FROM document").fetchone()
        script = "import sys; from tests.provenance.store.sqlite import history; history.go_on(sys.argv[1], 3)"
        subprocess.run([sys.executable, "-c", script, str(path)], cwd=ROOT, check=True)
        assert is_sealed(path)
        kept.execute("INSERT INTO document VALUES ('x', 'x', '', 0, 1, x'00')")
    assert not is_sealed(path)
    with closing(connect_reader(path)) as connection:
        assert connection.execute("SELECT count(*) FROM document").fetchone() == (1,)
        assert connection.execute("PRAGMA page_count").fetchone()[0] * 4096 == path.stat().st_size


def test_a_store_that_another_reads_is_not_sealed_and_stays_whole(tmp_path: Path) -> None:
    path = a_store(tmp_path)
    with closing(connect_reader(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM flow").fetchone()
        history.go_on(str(path), 4)
        assert seal.has_log(path)
        reader.execute("COMMIT")
        with closing(connect_reader(path)) as other:
            assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_sealed_store_that_grew_until_its_writer_was_killed_is_read(tmp_path: Path) -> None:
    path = a_store(tmp_path)
    script = (
        "import os, sys; from pathlib import Path; from provenance.store.sqlite.database import connect_writer\n"
        "c = connect_writer(Path(sys.argv[1])); c.execute('CREATE TABLE more (x)')\n"
        "c.executemany('INSERT INTO more VALUES (randomblob(3000))', [()] * 100)\n"
        "c.execute('PRAGMA wal_checkpoint(PASSIVE)'); c.execute('INSERT INTO more VALUES (1)'); os._exit(9)"
    )
    command = [sys.executable, "-c", script, str(path)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    with closing(connect_reader(path)) as connection:
        assert connection.execute("SELECT count(*) FROM more").fetchone() == (101,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_connection_that_is_closed_leaves_the_locks_of_the_others(tmp_path: Path) -> None:
    """Else another process believes that it is the last one, and removes the log that this one goes on writing."""
    path = a_store(tmp_path)
    with closing(connect_changer(path)) as kept:
        kept.execute("INSERT INTO document VALUES ('x', 'x', '', 0, 1, x'00')")
        connect_reader(path).close()
        subprocess.run([sys.executable, "-c", f"import sqlite3; sqlite3.connect({str(path)!r}).close()"], check=True)
        script = f"import sqlite3; c = sqlite3.connect({str(path)!r}); c.execute('SELECT * FROM host'); c.close()"
        subprocess.run([sys.executable, "-c", script], check=True)
        assert path.with_name(path.name + "-wal").exists()


def test_a_sealed_store_has_the_digest_of_the_same_without_a_seal(tmp_path: Path) -> None:
    path = a_store(tmp_path)
    bare = tmp_path / "bare.db"
    shutil.copy(path, bare)
    with closing(sqlite3.connect(bare)) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    os.truncate(bare, pages * size)
    with closing(open_store(str(path))) as sealed, closing(open_store(str(bare))) as other:
        assert digest(sealed) == digest(other)


def test_a_damaged_schema_whose_names_are_no_text_is_an_error_in_words(tmp_path: Path) -> None:
    path = a_store(tmp_path)
    content = path.read_bytes()
    at = content.index(b"CREATE TABLE ")
    path.write_bytes(content[: at - 6] + b"\xaf" * 12 + content[at + 6 :])
    with pytest.raises(StoreUnreachable, match="a name in it is no text"):
        connect_reader(path)
