"""The exported files, and failed exports."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from provenance.errors import StoreError, StoreUnreachable, UsageError
from provenance.ingest.facts import Batch, Entity, Flow, FlowKind, Line, Note, pack_evidence
from provenance.ingest.identity import EntityKind
from provenance.store import open_store
from provenance.store.interface import Store
from provenance.transfer.chunks import Step
from provenance.transfer.neo4j_import import export, finished
from tests.provenance.intake.logs import ingest_into, recorded, write_log
from tests.provenance.store import rich

ADMIN = '#!/bin/sh\nprintf "%s\\n" "$@"\n'


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Store]:
    """A store with hostile text in it."""
    with closing(open_store(str(tmp_path / "graph.db"))) as store:
        with store.writer() as writer:
            for batch in rich.nasty():
                writer.apply(batch)
            writer.join(rich.reached())
        yield store


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of a file as dictionaries by its header."""
    (header,) = csv.reader((folder / f"{name}-header.csv").read_text("utf-8").splitlines())
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as data:
        return [dict(zip(header, row, strict=True)) for row in csv.reader(data)]


def test_every_end_of_a_relationship_is_written_once(source: Store, tmp_path: Path) -> None:
    """REACHED runs, a note and a run name entities that nobody described."""
    with source.writer() as writer:
        flow = Flow(FlowKind.READ, 1 << 62, -(1 << 63), 5, 6, 1, b"")
        writer.apply(Batch("web01", flows=[flow], notes=[Note(1, 1, 1, "LOGIN", 42, "x\ny")]))
    (tmp_path / "files").mkdir()
    result = export(source, tmp_path / "files")
    files = sorted(path.name for path in (tmp_path / "files").iterdir())
    assert len(files) == result.files + 1 and "import.sh" in files and not any("scratch" in name for name in files)
    ids: dict[str, set[str]] = {}
    for path in (tmp_path / "files").glob("node-*-header.csv"):
        for row in rows(path.parent, path.name.removesuffix("-header.csv")):
            assert row["case:string"] == ""
            for name, value in row.items():
                if name.startswith(":ID"):
                    space = ids.setdefault(name[4:-1], set())
                    assert value not in space, "one id twice"
                    space.add(value)
    ends = 0
    for path in (tmp_path / "files").glob("run-*-header.csv"):
        for row in rows(path.parent, path.name.removesuffix("-header.csv")):
            for name, value in row.items():
                if "_ID(" in name:
                    assert value in ids[name.partition("(")[2][:-1]]
                    ends += 1
    assert ends > 100 and {str(1 << 62), str(-(1 << 63)), "42"} <= ids["entity"]


def test_the_script_is_the_printed_command(source: Store, tmp_path: Path) -> None:
    folder = tmp_path / "a 'folder'"
    with finished(folder) as partial:
        result = export(source, partial, "x", "some graph")
    (tmp_path / "neo4j-admin").write_text(ADMIN)
    (tmp_path / "neo4j-admin").chmod(0o755)
    ran = subprocess.run(
        ["sh", str(folder / "import.sh"), "--overwrite-destination"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    arguments = ran.stdout.splitlines()
    assert arguments.pop(4) == "--overwrite-destination" and ["neo4j-admin", *arguments] == result.command
    assert arguments[3] == "some graph"
    (listed,) = (word for word in arguments if word.startswith("--multiline-fields="))
    assert "./node-process.csv" in listed and "./run-wrote.csv" not in listed


def test_the_buffer_of_the_import_fits_the_largest_value(tmp_path: Path) -> None:
    with closing(open_store(str(tmp_path / "graph.db"))) as store:
        with store.writer() as writer:
            huge = Entity(1, EntityKind.PROCESS, "h", 1, {"command": "é" * 2_000_000})
            writer.apply(Batch("h", [huge]))
        (tmp_path / "files").mkdir()
        command = export(store, tmp_path / "files").command
    (option,) = (word for word in command if word.startswith("--read-buffer-size="))
    assert option == "--read-buffer-size=8m"


def test_lists_lead_from_events_to_runs_and_lines_are_stored_once(tmp_path: Path) -> None:
    with closing(open_store(str(tmp_path / "graph.db"))) as store:
        with store.writer() as writer:
            lines = [Line(number, number, number, b"line", number) for number in range(1, 4)]
            evidence = pack_evidence((1, 1), (70_000_000, 2))
            flow = Flow(FlowKind.READ, 1, 2, 5, 6, 1, evidence)
            writer.apply(Batch("h", flows=[flow, flow._replace(first=9, last=9, open=True)], lines=lines, source="a"))
            writer.apply(Batch("h", lines=lines[:2], source="b"))
        for name, with_lines in (("files", True), ("fewer", False)):
            (tmp_path / name).mkdir()
            export(store, tmp_path / name, lines=with_lines)
    folder = tmp_path / "files"
    assert len(rows(folder, "node-witness")) == 2 and len(rows(folder, "node-provisional")) == 1
    assert [row["open:boolean"] for row in rows(folder, "run-read")] == ["", "true"]
    assert len(rows(folder, "node-lineblock")) == len(rows(folder, "run-in")) == 2
    assert [row["newest:long"] for row in rows(folder, "node-host")] == ["9"]
    assert not (tmp_path / "fewer" / "node-lineblock.csv").exists()


def test_the_folder_appears_after_a_complete_export(tmp_path: Path) -> None:
    folder, partial = tmp_path / "out" / "files", tmp_path / "out" / "files.partial"
    with pytest.raises(KeyboardInterrupt), finished(folder) as place:
        (place / "some.csv").write_text("x")
        raise KeyboardInterrupt
    assert not folder.exists() and not partial.exists()
    partial.mkdir()
    (partial / "left.csv").write_text("by one that was killed")
    with finished(folder) as place:
        assert place == partial and not list(place.iterdir())
    assert folder.is_dir() and not partial.exists()
    with pytest.raises(UsageError, match="already exists"), finished(folder):
        pass


def test_a_changed_source_fails_the_export(tmp_path: Path) -> None:
    ingest_into(tmp_path / "graph.db", [write_log(tmp_path / "a.log", recorded(200))])
    (tmp_path / "files").mkdir()

    def write(step: Step) -> None:
        if step == Step("ends of connections", 0):
            ingest_into(tmp_path / "graph.db", [write_log(tmp_path / "a.log", recorded(400))])

    with closing(open_store(str(tmp_path / "graph.db"))) as store, pytest.raises(StoreError, match="during the export"):
        export(store, tmp_path / "files", report=write)


def test_write_errors_are_reported(source: Store, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "scratch.db").write_bytes(b"no database, but something longer than a header of one" * 40)
    with pytest.raises(StoreUnreachable, match=r"scratch\.db"):
        export(source, tmp_path / "files")
