"""A Neo4j server of the benchmarks' own: `script/neo4j.py` starts it in a folder that is given; no other one is touched."""

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
"""What a server that is written to all day is given: with 512 about a sixth of its processor time goes into making room."""
COLLECTOR = "-XX:+UseParallelGC"
"""The collector that works only when it must: the default one takes a twentieth more where two processors are all there is."""
Known = dict[str, Any]
"""What `script/neo4j.py` keeps of a server, and its process."""


@contextmanager
def running(cache: Path) -> Iterator[Known]:
    """A server while the block runs."""
    _share_programs(cache)
    try:
        yield script(cache, "start")
    finally:
        script(cache, "stop")


def _share_programs(cache: Path) -> None:
    """Use the server's programs that have been fetched already, where they were."""
    fetched = Path(os.environ.get("PROVENANCE_CACHE") or ROOT / ".cache") / "neo4j" / "lts" / "lib"
    shared = cache / "neo4j" / "lts" / "lib"
    if fetched.is_dir() and not shared.exists():
        shared.parent.mkdir(parents=True, exist_ok=True)
        shared.symlink_to(fetched.resolve())


def script(cache: Path, action: str) -> Known:
    """Start or stop the server; what is kept of one that runs."""
    environment = {**os.environ, "PROVENANCE_CACHE": str(cache), "JAVA_TOOL_OPTIONS": COLLECTOR}
    command = [sys.executable, str(ROOT / "script" / "neo4j.py"), action, f"--heap={HEAP_MIB}"]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    if action == "stop":
        return {}
    folder = cache / "neo4j" / "lts"
    known: Known = json.loads((folder / "connection.json").read_text("utf-8"))
    return {**known, "pid": int((folder / "pid").read_text("utf-8"))}
