"""A read-only database, and a full disk."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from provenance.store.neo4j.address import TIMEOUT
from tests.provenance.store.failures.commands import Case, Contents
from tests.provenance.store.failures.proxy import MIDDLE, Proxy
from tests.provenance.store.failures.victim import Victim

_DISK_MIB = 400


def test_read_only(victim: Victim, victim_case: Case, proxy_to_victim: Proxy, expected: Contents) -> None:
    """With half of a log, and after a clean stop: a killed server cannot recover without write access."""
    victim.start()
    proxy_to_victim.break_after(MIDDLE, proxy_to_victim.refuse)
    victim_case.error_of(victim_case.ingest())
    proxy_to_victim.mend()
    victim.stop()
    victim.start("server.databases.read_only=neo4j")
    assert victim_case.error_of(victim_case.ingest()).startswith("database neo4j is read-only")
    half = victim_case.contents()
    assert 0 < half.lines < expected.lines
    with victim_case.start("stats") as command:
        assert (command.communicate()[1], command.returncode) == ("", 0)
    victim.stop()
    victim.start()
    assert victim_case.contents() == half
    assert victim_case.complete_ingest() == expected


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The data folder on a disk for this test, if one may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MIB}m", "tmpfs", str(disk)]
    mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    yield disk / "home"
    if mounted:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


@contextmanager
def free_bytes(disk: Path, room: int) -> Iterator[None]:
    """Fill the disk except for `room` bytes."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - room)
    yield
    filler.unlink()


@pytest.mark.parametrize("room", [128 << 10, 1 << 20])
def test_no_room(
    victim: Victim, home: Path, victim_case: Case, expected: Contents, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the schema is created, or later: the server reports the failure, or hangs until the timeout. With free space and a
    restart the same command succeeds."""
    if not home.parent.is_mount():
        pytest.skip("no disk can be mounted here")
    victim.start()
    with free_bytes(home.parent, room), monkeypatch.context() as patience:
        patience.setenv(TIMEOUT, "24")
        for _ in range(2):
            assert re.search("disk (may be|is) full", victim_case.error_of(victim_case.ingest()))
    victim.kill()
    victim.start()
    assert victim_case.complete_ingest() == expected
