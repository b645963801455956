"""Ingests that are killed, interrupted, or run at the same time."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path

from tests.provenance.intake.logs import cut, digest_of, ingest_into, recorded, started, tallies_of, write_log

LINES = 24_000
KILLS = 50


def test_killed_at_any_moment_and_repeated(tmp_path: Path) -> None:
    complete = tmp_path / "whole.db"
    ingest_into(complete, [write_log(tmp_path / "audit.log", recorded(LINES))])
    expected = digest_of(complete), tallies_of(complete)
    parts = cut(tmp_path, recorded(LINES), 16)
    pick = random.Random(9)
    kills = rounds = 0
    while kills < KILLS:
        rounds += 1
        store = tmp_path / f"killed{rounds}.db"
        while not _finished(store, parts, pick.uniform(0.2, 0.9) if kills < KILLS else None, 1 + kills % 2):
            kills += 1
        assert (digest_of(store), tallies_of(store)) == expected
    assert rounds < KILLS


def _finished(store: Path, parts: list[Path], seconds: float | None, jobs: int) -> bool:
    """Ingest and kill it after `seconds`; whether it had finished."""
    child = started("ingest", "--store", store, "--jobs", str(jobs), *parts)
    try:
        _, errors = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return False
    assert child.returncode == 0, errors
    return True


def test_interrupted_and_resumed(tmp_path: Path) -> None:
    complete, store = tmp_path / "whole.db", tmp_path / "again.db"
    parts = cut(tmp_path, recorded(LINES), 16)
    ingest_into(complete, parts)
    child = started("ingest", "--store", store, *parts, *parts)
    _wait_for(store)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=20)
    assert child.returncode == 130 and b"Traceback" not in errors
    ingest_into(store, parts)
    assert digest_of(store) == digest_of(complete)


def test_a_second_ingest_waits_or_names_the_first(tmp_path: Path) -> None:
    log = write_log(tmp_path / "audit.log", recorded())
    store = tmp_path / "both.db"
    first = started("ingest", "--store", store, log)
    _wait_for(store)
    second = started("ingest", "--store", store, "--no-wait", log)
    waiting = started("ingest", "--store", store, log)
    _, errors = second.communicate(timeout=30)
    assert first.poll() is None, "the first was done before the second began"
    assert second.returncode == 3 and f"process {first.pid}".encode() in errors
    assert first.wait(30) == 0 and waiting.wait(30) == 0
    assert f"{0:,} new events" in (waiting.stdout.read().decode() if waiting.stdout else "")
    for child in (first, waiting):
        child.communicate()


def _wait_for(store: Path) -> None:
    deadline = time.monotonic() + 20
    while not store.exists() and time.monotonic() < deadline:
        time.sleep(0.005)
