"""Closing a store while other threads read it: their reads fail, and the process survives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.provenance.store.sqlite import history

SCRIPT = """
import sqlite3, sys, threading, time
from pathlib import Path
from provenance.errors import StoreError
from provenance.store.sqlite import SQLiteStore

def ask(store, answered):
    while not gone.is_set():
        try:
            store._query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000) SELECT max(i) FROM n")
            store.documents().add("kind", f"{threading.get_ident()}-{time.monotonic_ns()}", {})
            answered.set()
        except (StoreError, sqlite3.ProgrammingError):
            return

for _ in range(5):
    gone = threading.Event()
    store = SQLiteStore(Path(sys.argv[1]))
    threads = []
    for _ in range(4):
        answered = threading.Event()
        threads.append(threading.Thread(target=ask, args=(store, answered)))
        threads[-1].start()
        answered.wait()
    store.close()
    gone.set()
    for thread in threads:
        thread.join()
    store.close()
print("alive")
"""


def test_a_store_is_closed_while_threads_read_it(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    history.go_on(str(path), 1)
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert (result.returncode, result.stdout) == (0, "alive\n"), result.stderr
