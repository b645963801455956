"""Finds the servers that `script/neo4j.py start` started; tests are skipped or fail without them."""

from __future__ import annotations

import json
import os
import socket
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import ROOT

LINES = ("lts", "current")
CACHE = Path(os.environ.get("PROVENANCE_CACHE") or ROOT / ".cache") / "neo4j"


class Running(NamedTuple):
    """A server that answers."""

    line: str
    uri: str
    credentials: Path


@cache
def find(line: str) -> Running | None:
    """The server of a release line, None when it is not running."""
    try:
        known = json.loads((CACHE / line / "connection.json").read_text(encoding="utf-8"))
        socket.create_connection(("127.0.0.1", known["port"]), 2).close()
    except OSError:
        return None
    return Running(line, known["uri"], Path(known["credentials"]))


def running(line: str) -> Running:
    """The server of a release line, or a skip; a failure where servers are required (in CI)."""
    if os.environ.get("PROVENANCE_NEO4J") == "left-out":
        pytest.skip("Neo4j servers are left out: script/test without --fast has them")
    found = find(line)
    if found is None:
        message = f"no Neo4j ({line}) is running; start it with: script/neo4j.py start --line {line}"
        if os.environ.get("CI") == "true" or os.environ.get("PROVENANCE_NEO4J") == "required":
            pytest.fail(message)
        pytest.skip(message)
    return found
