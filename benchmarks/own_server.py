"""A Neo4j server for the benchmarks alone: `script/neo4j.py` starts it in a given folder; other servers are not changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROOT

HEAP_MIB = 1024
"""Heap for continuous writing: with 512 MiB garbage collection takes about a sixth of the server's processor time."""
COLLECTOR = "-XX:+UseParallelGC"
"""The parallel garbage collector: with two processors the default one takes a twentieth more time."""
Connection = dict[str, Any]
"""The connection data that `script/neo4j.py` stores of a server, and its process id."""


@contextmanager
def running(cache: Path) -> Iterator[Connection]:
    """Runs a server during the block."""
    _link_downloaded_programs(cache)
    try:
        yield script(cache, "start")
    finally:
        script(cache, "stop")


def _link_downloaded_programs(cache: Path) -> None:
    """Link to the server's programs if they were downloaded before."""
    downloaded = Path(os.environ.get("PROVENANCE_CACHE") or ROOT / ".cache") / "neo4j" / "lts" / "lib"
    link = cache / "neo4j" / "lts" / "lib"
    if downloaded.is_dir() and not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(downloaded.resolve())


def script(cache: Path, action: str) -> Connection:
    """Start or stop the server; returns the connection data of a running one."""
    environment = {**os.environ, "PROVENANCE_CACHE": str(cache), "JAVA_TOOL_OPTIONS": COLLECTOR}
    command = [sys.executable, str(ROOT / "script" / "neo4j.py"), action, f"--heap={HEAP_MIB}"]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    if action == "stop":
        return {}
    folder = cache / "neo4j" / "lts"
    connection: Connection = json.loads((folder / "connection.json").read_text("utf-8"))
    return {**connection, "pid": int((folder / "pid").read_text("utf-8"))}
