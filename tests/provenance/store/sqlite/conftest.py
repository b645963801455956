"""A disk of a few megabytes that a test may fill, and folders that are not writable."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """The folder of a disk of 3 MB, or a skip where none can be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def folder_to_lock(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder for `make_read_only`. For root, whom permissions do not stop, it is a small disk."""
    folder: Path = request.getfixturevalue("small_disk") if os.geteuid() == 0 else tmp_path / "locked"
    folder.mkdir(exist_ok=True)
    yield folder
    if not folder.is_mount():
        folder.chmod(0o700)


def make_read_only(folder: Path) -> None:
    """From now on nothing can be written in a folder: neither its files nor new ones."""
    if folder.is_mount():
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        return
    for path in (*folder.iterdir(), folder):
        path.chmod(0o500)
