"""A database that may only be read, and a disk that fills up."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.provenance.store.failures.commands import Case, Held
from tests.provenance.store.failures.proxy import MIDDLE, Proxy
from tests.provenance.store.failures.victim import Victim

_DISK_MIB = 400


def test_read_only(victim: Victim, hurt: Case, proxy_to_victim: Proxy, whole: Held) -> None:
    """With half of a log in it, and stopped in good order: one that was killed cannot recover when it may not write."""
    victim.start()
    proxy_to_victim.break_after(MIDDLE, proxy_to_victim.refuse)
    hurt.complaint(hurt.ingest())
    proxy_to_victim.mend()
    victim.stop()
    victim.start("server.databases.read_only=neo4j")
    assert hurt.complaint(hurt.ingest()).startswith("database neo4j is read-only")
    half = hurt.held()
    assert 0 < half.lines < whole.lines
    with hurt.start("stats") as command:
        assert (command.communicate()[1], command.returncode) == ("", 0)
    victim.stop()
    victim.start()
    assert hurt.held() == half
    assert hurt.ingested() == whole


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own where one may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MIB}m", "tmpfs", str(disk)]
    mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    yield disk / "home"
    if mounted:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


@contextmanager
def left(disk: Path, room: int) -> Iterator[None]:
    """There is hardly any room left."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - room)
    yield
    filler.unlink()


@pytest.mark.parametrize("room", [128 << 10, 1 << 20])
def test_no_room(victim: Victim, home: Path, hurt: Case, whole: Held, room: int) -> None:
    """While the schema is made, or later: the server says that it failed, or hangs and is given up. With room and a restart
    the same command gets through."""
    if not home.parent.is_mount():
        pytest.skip("no disk can be mounted here")
    victim.start()
    with left(home.parent, room):
        for _ in range(2):
            assert re.search("disk (may be|is) full", hurt.complaint(hurt.ingest()))
    victim.kill()
    victim.start()
    assert hurt.ingested() == whole
