"""Two hosts, one clock wrong by a minute and a half: traces and the order of the story are those of right clocks."""

from __future__ import annotations

import json
import lzma
import re
from pathlib import Path

import pytest

from tests.provenance.recordings.recordings import Recording, ingested, run, traced
from tests.provenance.recordings.truth import chain_failures, entry_failures, failures, hosts_failures, lateral_failures

_STAMP = re.compile(rb"audit\((\d+)\.(\d{3}):")


def _shifted(log: Path, folder: Path, ms: int) -> Path:
    def stamp(found: re.Match[bytes]) -> bytes:
        time = int(found[1]) * 1000 + int(found[2]) + ms
        return b"audit(%d.%03d:" % divmod(time, 1000)

    path = folder / log.name
    path.write_bytes(lzma.compress(_STAMP.sub(stamp, lzma.decompress(log.read_bytes())), preset=0))
    return path


@pytest.mark.parametrize(("host", "ms"), [("pg-main", -93_250), ("web-prod-01", -93_250), ("pg-main", 93_250)])
def test_a_clock_that_is_wrong_changes_neither_truth_nor_order(
    shared: Path, tmp_path: Path, host: str, ms: int
) -> None:
    folder = shared / "recordings" / "php-sudo"
    if not folder.is_dir():
        pytest.skip("there is no recording php-sudo beside the checkout")
    logs = tuple(
        _shifted(log, tmp_path, ms) if log.name.startswith(host) else log for log in sorted(folder.glob("*.log.xz"))
    )
    recording = Recording("php-sudo", logs, json.loads((folder / "truth.json").read_text("utf-8")))
    store = ingested(tmp_path / "s.db", logs)
    backward = traced("backtrack", store, recording.backward())
    forward = traced("forward", store, recording.forward())
    truth = recording.truth
    assert [*failures(backward, truth["backward"]), *entry_failures(backward, truth["entry"])] == []
    assert [*failures(forward, truth["forward"]), *hosts_failures(forward, truth)] == []
    assert [*lateral_failures(forward, truth), *chain_failures(forward, truth["timeline_order"])] == []
    assert any(abs(step["correction_ms"]) > 90_000 for step in forward["chain"])
    code, printed = run("forward", "--store", store, *recording.forward())
    assert code == 0
    assert re.search(r"times of \S+ are corrected by [+-]93\.\d{3} s", " ".join(printed.split()))
