"""One writer at a time; the lock of a killed process is free."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from provenance.errors import StoreBusy, StoreUnreachable
from provenance.ingest.facts import Batch
from provenance.store import open_store
from tests.conftest import ROOT

HOLD = """
import sys, time
from provenance.store import open_store
with open_store(sys.argv[1]).writer():
    print("held", flush=True)
    time.sleep(60)
"""
FORK = """
import os, sys, time
from provenance.store import open_store
with open_store(sys.argv[1]).writer():
    if os.fork() == 0:
        print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "graph.db")


def holder(path: str, script: str = HOLD) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-c", script, path], env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    return child


def test_a_second_writer_learns_the_holder(path: str) -> None:
    child = holder(path)
    try:
        begun = time.monotonic()
        with pytest.raises(StoreBusy, match=rf"process {child.pid} since 2\d\d\d-.*Z") as caught:
            open_store(path).writer(wait_s=0.2)
        assert 0.2 <= time.monotonic() - begun < 5
        assert caught.value.exit_code == 3
    finally:
        child.kill()
        child.wait()


def test_in_one_process_too(path: str) -> None:
    store = open_store(path)
    with store.writer(), pytest.raises(StoreBusy, match=f"process {os.getpid()}"):
        store.writer()
    with store.writer():
        pass


def test_waits_for_the_first_to_finish(path: str) -> None:
    first = open_store(path).writer()
    timer = threading.Timer(0.3, lambda: first.__exit__(None, None, None))
    timer.start()
    with open_store(path).writer(wait_s=10) as writer:
        writer.apply(Batch("web01", tallies={"events": 1}))
    timer.join()


@pytest.mark.parametrize("script", [HOLD, FORK], ids=["alone", "with a forked child that lives on"])
def test_a_killed_holder_releases_the_lock(path: str, script: str) -> None:
    child = holder(path, script)
    child.kill()
    child.wait()
    with open_store(path).writer():
        pass


def test_readers_never_wait(path: str) -> None:
    store = open_store(path)
    with store.writer() as writer:
        writer.apply(Batch("web01", tallies={"events": 1}))
        child = subprocess.run(
            [sys.executable, "-c", f"from provenance.store import open_store; print(open_store({path!r}).hosts())"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            timeout=20,
            check=True,
        )
        assert b"'events': 1" in child.stdout
        assert store.hosts()[0].tallies == {"events": 1}


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreUnreachable, match="no such file or directory"):
        open_store(str(tmp_path / "missing" / "graph.db")).writer()
