"""The connections of the recorded fleet, as the deriver states them."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance.ingest.clock import shift
from provenance.ingest.deriver import Deriver
from provenance.ingest.facts import Connection
from provenance.ingest.pyauparse import events

HOSTS = ("adm01", "db01", "web01")


@pytest.fixture(scope="session")
def recorded(shared: Path) -> list[Connection]:
    found: list[Connection] = []
    for host in HOSTS:
        deriver = Deriver(host)
        for event in events(shared / "recordings" / "hop1" / f"{host}.log.xz"):
            deriver.push(event)
        for batch in (deriver.take(), deriver.conclude()):
            found += batch.connections
    return found


def moved(connections: list[Connection], host: str, ms: int) -> list[Connection]:
    """The same connections with one host's clock moved."""
    return [c._replace(first=shift(c.first, ms), last=shift(c.last, ms)) if c.host == host else c for c in connections]
