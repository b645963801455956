"""The progress of an ingest of several hosts only grows, and ends with the total."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance.intake.reading.progress import Progress
from provenance.intake.run import ingest
from provenance.store import open_store

LINE = "node=%s type=USER_CMD msg=audit(1700000000.%03d:%d): pid=%d\n"


@pytest.mark.parametrize("jobs", [1, 2])
def test_progress_grows_to_the_total(tmp_path: Path, jobs: int) -> None:
    paths = []
    for host in ("db01", "web01", "web02"):
        path = tmp_path / f"{host}.log"
        path.write_text("".join(LINE % (host, serial % 1000, serial, 100 + serial) for serial in range(300)))
        paths.append(str(path))
    total = sum(Path(path).stat().st_size for path in paths)
    reports: list[Progress] = []
    store = open_store(str(tmp_path / "graph.db"))
    ingest(store, paths, jobs=jobs, report=reports.append)
    store.close()
    counts = [progress.bytes_done for progress in reports]
    assert counts == sorted(counts) and counts[-1] == total
    assert {progress.bytes_total for progress in reports} == {total}
