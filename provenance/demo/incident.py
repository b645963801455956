"""Access to the bundled log and alert."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

_DATA = files("provenance.demo") / "data"


@dataclass(frozen=True, slots=True)
class BundledAlert:
    """The bundled alert: the process with command line `command` on `host` communicated with a peer at `time` (RFC 3339)."""

    title: str
    host: str
    command: str
    remote_ip: str
    remote_port: int
    time: str


def alert() -> BundledAlert:
    """The alert of the bundled incident."""
    return BundledAlert(**json.loads((_DATA / "alert.json").read_text("utf-8")))


@contextmanager
def log() -> Iterator[Path]:
    """The path of the bundled log; from a zipped package it is unpacked to a temporary file."""
    with as_file(_DATA / "web01.log.xz") as path:
        yield path
