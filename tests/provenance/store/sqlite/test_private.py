"""What a store consists of is for its owner alone, and nobody else can keep a writer waiting."""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from provenance.cli import main
from provenance.demo import incident
from provenance.errors import StoreBusy, StoreUnreachable
from provenance.store import open_store
from provenance.store.interface import Lines
from provenance.transfer.in_place import rebuild_in_place
from provenance.transfer.neo4j_import.export import export, finished
from tests.provenance.store.sqlite import history

NOBODY = 65534


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("umask")
def test_every_file_of_a_store_is_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    store = open_store(str(path))
    with closing(store), store.writer() as writer:
        writer.apply(history.batch(0))
        store.documents().add("token", "a", {"digest": "00"})
        assert store.hosts()
        assert modes(tmp_path) == dict.fromkeys(("graph.db", "graph.db-wal", "graph.db-shm", "graph.db.lock"), 0o600)


@pytest.mark.usefixtures("umask")
def test_an_export_and_the_rules_are_for_their_owner(tmp_path: Path) -> None:
    history.go_on(str(tmp_path / "graph.db"), 1)
    with closing(open_store(str(tmp_path / "graph.db"))) as store, finished(tmp_path / "export") as folder:
        export(store, folder)
    assert main(["audit-rules", "--output", str(tmp_path / "audit.rules")]) == 0
    assert set(modes(tmp_path / "export").values()) == {0o600, 0o700}  # the script may be run
    assert stat.S_IMODE((tmp_path / "export").stat().st_mode) == 0o700
    assert modes(tmp_path)["audit.rules"] & 0o077 == 0


def test_the_mode_of_a_store_that_exists_stays(tmp_path: Path) -> None:
    """A store that was opened to a group on purpose stays open to it, and so is its lock."""
    path = tmp_path / "graph.db"
    history.go_on(str(path), 1)
    path.chmod(0o660)
    Path(f"{path}.lock").unlink()
    history.go_on(str(path), 2)
    assert modes(tmp_path) == {"graph.db": 0o660, "graph.db.lock": 0o660}
    path.chmod(0o400)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: NOBODY)  # not the owner of the lock, which then keeps its mode
        history.go_on(str(path), 3)
    assert modes(tmp_path)["graph.db"] == 0o400


def test_a_rebuilt_store_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    with incident.log() as log:
        assert main(["ingest", "--store", str(path), str(log)]) == 0
    path.chmod(0o640)
    rebuild_in_place(path, (), Lines.KEEP)
    assert modes(tmp_path)["graph.db"] == 0o640


def test_a_lock_that_everybody_could_read_is_closed_to_others(tmp_path: Path) -> None:
    """Who may open the file may lock it (flock(2)): an earlier version's is 0644."""
    lock = tmp_path / "graph.db.lock"
    lock.touch()
    lock.chmod(0o644)
    history.go_on(str(tmp_path / "graph.db"), 1)
    assert modes(tmp_path)["graph.db.lock"] == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_another_user_cannot_hold_the_lock(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    path = tmp_path / "graph.db"
    history.go_on(str(path), 1)
    read = subprocess.run(["cat", f"{path}.lock"], user=NOBODY, capture_output=True, text=True)
    assert "Permission denied" in read.stderr


def test_a_holder_that_does_not_say_its_name_is_named_all_the_same(tmp_path: Path) -> None:
    """The text of the lock is not believed, and the wait ends."""
    path = tmp_path / "graph.db"
    with (tmp_path / "graph.db.lock").open("w") as lock:
        lock.write("\x1b[2J nobody at all\nsecond line")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StoreBusy, match=f"is being written by process {os.getpid()}$"):
            open_store(str(path)).writer(wait_s=0.1)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/etc/passwd"), os.mkdir])
def test_a_lock_that_is_no_file_is_rejected(tmp_path: Path, make: object) -> None:
    assert callable(make)
    make(tmp_path / "graph.db.lock")
    with pytest.raises(StoreUnreachable, match=r"graph\.db cannot be written: .*graph\.db\.lock"):
        open_store(str(tmp_path / "graph.db")).writer()
