"""A helper process: its start and end, and its messages when it cannot work."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

from provenance.service.settings import Settings
from provenance.service.workers.link import STOP
from provenance.service.workers.process import main
from provenance.store import open_store
from provenance.store.interface import Store
from tests.conftest import ROOT
from tests.provenance.service.conftest import Place
from tests.provenance.service.running import PATIENCE_S


def run(sent: bytes) -> tuple[int, list[dict[str, Any]]]:
    """The exit code of a process that received some bytes, and what it logged."""
    command = [sys.executable, "-m", main.__module__]
    ended = subprocess.run(command, input=sent, capture_output=True, cwd=ROOT, timeout=PATIENCE_S)
    return ended.returncode, [json.loads(line) for line in ended.stderr.splitlines() if line.startswith(b"{")]


def setup(address: str, settings: Settings) -> bytes:
    return pickle.dumps((partial(open_store, address, create=False), settings))


def test_a_process_whose_parent_ended_at_once_ends_without_a_word() -> None:
    assert run(b"") == (0, [])


def test_a_process_whose_parent_ends_later_ends_as_if_killed(store: Store, place: Place) -> None:
    code, _ = run(setup(place.address, Settings()))
    assert code == 1


def test_a_process_without_a_store_says_why(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    code, (record,) = run(setup(str(path), Settings()))
    assert code == 3
    assert record["message"] == "a helper process cannot open the store"
    assert str(path) in record["why"]


def test_alerts_are_read_without_a_mapping_that_has_become_invalid(store: Store, place: Place, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text("[", "utf-8")
    sent = setup(place.address, Settings(alert_mapping=str(mapping), stop_s=1)) + json.dumps(STOP).encode() + b"\n"
    code, logged = run(sent)
    assert code == 0
    (record,) = [one for one in logged if one["message"].startswith("invalid mapping or table of host aliases")]
    assert str(mapping) in record["why"]
