"""The bundled incident in other forms of input gives the same two traces."""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from tests.ingest.script import O_CREAT, O_WRONLY, Script
from tests.provenance.intake.logs import cut, recorded, write_log
from tests.provenance.recordings.recordings import SEED, ingested, run, traced


def traces(store: Path) -> list[dict[str, Any]]:
    return [traced("backtrack", store, SEED.backward()), traced("forward", store, SEED.forward())]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return traces(ingested(tmp_path_factory.mktemp("expected") / "s.db", SEED.logs))


def test_two_processes(tmp_path: Path, expected: list[dict[str, Any]]) -> None:
    assert traces(ingested(tmp_path / "s.db", SEED.logs, "--jobs", "2")) == expected


def test_rotated_and_compressed(tmp_path: Path, expected: list[dict[str, Any]]) -> None:
    folder = tmp_path / "audit"
    folder.mkdir()
    parts = [path.read_bytes() for path in cut(tmp_path, recorded(), 4)]
    write_log(folder / "audit.log.3.gz", gzip.compress(parts[0], 1))
    write_log(folder / "audit.log.2.xz", lzma.compress(parts[1], preset=0))
    write_log(folder / "audit.log.1.zst", zstd.compress(parts[2]))
    write_log(folder / "audit.log", parts[3])
    assert traces(ingested(tmp_path / "s.db", [folder])) == expected


def test_referenced_lines(tmp_path: Path, expected: list[dict[str, Any]]) -> None:
    store = ingested(tmp_path / "s.db", cut(tmp_path, recorded(), 3), "--lines", "reference")
    assert traces(store) == expected
    for edge in expected[0]["edges"][::80]:
        code, output = run("evidence", "--store", store, edge["id"])
        assert code == 0
        assert all(f":{event['serial']})" in output for event in edge["evidence"])


def test_another_host_in_the_same_file(tmp_path: Path, expected: list[dict[str, Any]]) -> None:
    mixed = b"".join(_mixed(recorded().splitlines(keepends=True), _other().splitlines(keepends=True)))
    store = ingested(tmp_path / "s.db", [write_log(tmp_path / "mixed.log", mixed)])
    assert traces(store) == expected
    code, output = run("find", "--store", store, "--host", "db09", "--file", "/srv/0042")
    assert code == 0 and "/srv/0042" in output


def _mixed(lines: list[bytes], others: list[bytes]) -> Iterator[bytes]:
    """A line of the other host after every line, as long as there are some."""
    for place, line in enumerate(lines):
        yield line
        if place < len(others):
            yield others[place]


def _other() -> bytes:
    script = Script(node="db09")
    shell = script.process(6749, comm="sh")
    for number in range(400):
        child = shell.forks(20_000 + number)
        child.opens(f"/srv/{number:04d}", O_WRONLY | O_CREAT, created=True)
        child.exits()
    return script.text()
