"""Which files are read as one log."""

from __future__ import annotations

import lzma
from itertools import islice
from pathlib import Path

from provenance.ingest.pyauparse.sources import expand
from provenance.intake.reading.plan import PlannedChain, chains
from tests.conftest import ROOT


def test_rotated_files_of_a_host_are_one_chain(tmp_path: Path) -> None:
    """Wherever a log was rotated: all of its files are one chain, in order."""
    with lzma.open(ROOT / "provenance" / "demo" / "data" / "web01.log.xz") as stream:
        for number in range(39, -1, -1):
            name = f"audit.log.{number}" if number else "audit.log"
            (tmp_path / name).write_bytes(b"".join(islice(stream, 30)))
    files = expand([str(tmp_path)])
    assert chains(files, None) == [PlannedChain(files, frozenset({"web01"}), rotated=True)]
    assert chains(files, "other") == [PlannedChain(files, frozenset({"web01"}), rotated=True)]
