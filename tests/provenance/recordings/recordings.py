"""The recordings: the bundled one, our own and, if present, the shared ones. Each is ingested once, by the command line."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provenance.cli import main
from tests.conftest import ROOT, SHARED

BUNDLED = ROOT / "provenance" / "demo" / "data" / "web01.log.xz"
OWN = ROOT / "tests" / "recordings"
BUNDLED_TRUTH = Path(__file__).parent / "data" / "seed.json"
UNRECORDED: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "unrecorded.json").read_text("utf-8")
)
"""What the rules of recordings leave out whose truth does not say it: from their stories and rules, before any trace."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Logs, the expected contents of their traces, and the known failures."""

    name: str
    logs: tuple[Path, ...]
    truth: Mapping[str, Any]
    known: Sequence[Mapping[str, str]] = ()

    def fails(self, part: str) -> bool:
        """Whether a part of the truth is known to fail."""
        return any(one["part"] == part for one in self.known)

    def backward(self) -> list[str]:
        """The selection of the recording's alert."""
        alert = self.truth["alert"]
        options = ["--host", alert["host"], "--command", alert["process"], "--remote", alert["remote"]]
        return options + (["--at", str(alert["time"])] if "time" in alert else [])

    def forward(self) -> list[str]:
        """The selection of the intruder's first process."""
        start = self.truth["forward_from"]
        options = ["--host", start["host"], "--command", start["process"], "--all"]
        return options + (["--since", str(start["since"])] if "since" in start else [])


SEED = Recording("seed", (BUNDLED,), json.loads(BUNDLED_TRUTH.read_text("utf-8")))


def discovered() -> list[Recording]:
    """The bundled recording, and every folder with a truth.json of our own recordings and of the shared ones."""
    found = [SEED]
    for truth in (*sorted(OWN.glob("*/truth.json")), *sorted(SHARED.glob("recordings/*/truth.json"))):
        if truth.parent.name != SEED.name:
            logs = tuple(sorted(path for path in truth.parent.iterdir() if ".log" in path.name))
            expected = UNRECORDED.get(truth.parent.name, {}) | json.loads(truth.read_text("utf-8"))
            found.append(Recording(truth.parent.name, logs, expected, _known(truth.parent)))
    return found


def _known(folder: Path) -> list[dict[str, str]]:
    """A recording's known failures (known.json): the `part` of the truth that fails, how the `failure` begins, the `reason`."""
    path = folder / "known.json"
    found: list[dict[str, str]] = json.loads(path.read_text("utf-8")) if path.is_file() else []
    return found


def run(*arguments: str | Path) -> tuple[int, str]:
    """A command line's exit code and standard output."""
    buffer = io.BytesIO()
    output = io.TextIOWrapper(buffer, "utf-8", errors="surrogateescape", newline="")
    with contextlib.redirect_stdout(output):
        code = main([str(argument) for argument in arguments])
    output.flush()
    return code, buffer.getvalue().decode("utf-8", "surrogateescape")


def ingested(store: Path, logs: Sequence[Path], *options: str) -> Path:
    """A store with these logs."""
    code, output = run("ingest", "--store", store, *options, *logs)
    assert code == 0, output
    return store


def traced(command: str, store: Path, selection: Sequence[str]) -> dict[str, Any]:
    """A trace as `--format json` gives it."""
    code, output = run(command, "--store", store, *selection, "--format", "json")
    assert code == 0
    document: dict[str, Any] = json.loads(output)
    assert document["format"] == "provenance-trace/1"
    return document
