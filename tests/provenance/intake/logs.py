"""The bundled recording in several files, and helpers to ingest and compare stores."""

from __future__ import annotations

import lzma
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from pathlib import Path

from provenance.intake.reading.progress import IngestResult
from provenance.intake.run import ingest
from provenance.store import open_store
from provenance.transfer.digest import digest
from tests.conftest import ROOT
from tests.provenance.recordings.recordings import BUNDLED


@cache
def recorded(lines: int | None = None) -> bytes:
    """The first lines of the bundled recording, or all."""
    content = lzma.decompress(BUNDLED.read_bytes())
    if lines is None:
        return content
    return b"".join(content.splitlines(keepends=True)[:lines])


def write_log(path: Path, content: bytes) -> Path:
    """Write a file with this content; returns its path."""
    path.write_bytes(content)
    return path


def cut(folder: Path, content: bytes, files: int) -> list[Path]:
    """The content in `parts` files of complete lines, split anywhere."""
    lines = content.splitlines(keepends=True)
    size = -(-len(lines) // files)
    parts = [b"".join(lines[begin : begin + size]) for begin in range(0, len(lines), size)]
    return [write_log(folder / f"part{number:02d}.log", part) for number, part in enumerate(parts)]


def ingest_into(store: Path, paths: Sequence[Path], host: str | None = None, jobs: int = 1) -> IngestResult:
    """Run an ingest into a store."""
    with closing(open_store(str(store))) as opened:
        return ingest(opened, [str(path) for path in paths], host, jobs)


def digest_of(store: Path) -> str:
    """The digest of a store."""
    with closing(open_store(str(store), create=False)) as opened:
        return digest(opened)


def tallies_of(store: Path) -> dict[str, dict[str, int]]:
    """The counters of each host."""
    with closing(open_store(str(store), create=False)) as opened:
        return {summary.host: dict(summary.tallies) for summary in opened.hosts()}


def started(*arguments: str | Path) -> subprocess.Popen[bytes]:
    """Start `provenance` in another process."""
    return subprocess.Popen(
        [sys.executable, "-m", "provenance", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
