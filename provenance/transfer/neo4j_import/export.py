"""Exports a store to header and data files for an offline import."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from provenance import private_files
from provenance.errors import StoreError, UsageError
from provenance.ingest.facts import Batch
from provenance.store.interface import Store
from provenance.transfer.chunks import Report, in_chunks, lines_of, notes_of
from provenance.transfer.documents import copied_documents
from provenance.transfer.neo4j_import.command import script, words
from provenance.transfer.neo4j_import.nodes import Nodes
from provenance.transfer.neo4j_import.records import Records
from provenance.transfer.neo4j_import.runs import Runs
from provenance.transfer.neo4j_import.scratch import Scratch
from provenance.transfer.neo4j_import.tables import Tables

SCRIPT = "import.sh"
_NODES, _FLOWS, _REST = 2_000, 20_000, 10_000


class ExportResult(NamedTuple):
    """How much was written, and the command that imports it, word by word, to be run in the folder."""

    nodes: int
    flows: int
    files: int
    command: list[str]


@contextmanager
def finished(folder: Path) -> Iterator[Path]:
    """A folder to write into that is renamed to `folder` when the block succeeds. What a killed run left of it is removed.

    Raises UsageError when `folder` exists, OSError.
    """
    if folder.exists():
        raise UsageError(f"{folder} already exists: name a new folder, or remove it")
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    partial.mkdir(mode=0o700)
    partial.chmod(0o700)
    try:
        yield partial
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def export(
    source: Store,
    folder: Path,
    case: str = "",
    database: str = "neo4j",
    report: Report = lambda _: None,
    lines: bool = True,
) -> ExportResult:
    """Write a store into a folder as nodes and relationships of a case, in bounded memory, the same that the online
    writer would write; constraints and indexes are created when the imported case is first opened.

    Raises StoreError, also when the source was written during the export; OSError.
    """
    before = source.hosts()
    tables = Tables(folder, case)
    with closing(Scratch(folder / "scratch.db")) as scratch, closing(tables):
        written = _Export(source, tables, scratch, report)
        written.write_graph()
        written.write_records(lines)
    if source.hosts() != before:
        raise StoreError("the source was written during the export: export it again")
    command = words(tables, database)
    with open(folder / SCRIPT, "w", encoding="utf-8", opener=private_files.opener) as file:
        file.write(script(command))
    (folder / SCRIPT).chmod(0o700)
    counted = written.nodes.described, written.runs.counted
    return ExportResult(counted[0].total(), counted[1].total(), 2 * len(list(tables)), command)


class _Export:
    def __init__(self, source: Store, tables: Tables, scratch: Scratch, report: Report) -> None:
        self._source, self._report = source, report
        self._hosts = source.hosts()
        names = [host.host for host in self._hosts]
        self.nodes = Nodes(tables, scratch, {name: number for number, name in enumerate(names)})
        self.runs = Runs(tables, scratch, names, self.nodes)
        self._records = Records(tables, scratch, self.nodes)

    def write_graph(self) -> None:
        """Entities and their names, then runs."""
        statistics = self._source.statistics()
        total = sum(statistics.nodes.values())
        for nodes in in_chunks(self._source.all_nodes(), _NODES, self._report, "entities", total):
            self.nodes.write(nodes)
        total = sum(statistics.flows.values())
        for flows in in_chunks(self._source.all_flows(), _FLOWS, self._report, "flows", total):
            self.runs.write(flows)

    def write_records(self, lines: bool) -> None:
        """Write the records beside the graph; the case comes last."""
        for ends in in_chunks(self._source.connections(), _REST, self._report, "ends of connections"):
            self._records.write_connections(ends)
        self._records.write_blinds(self._source.blinds())
        for documents in in_chunks(copied_documents(self._source.documents()), _REST, self._report, "documents"):
            self._records.write_documents(documents)
        for summary in self._hosts:
            host = summary.host
            for notes in in_chunks(notes_of(self._source, summary), _REST, self._report, f"notes of {host}"):
                self._records.write_notes(host, notes)
            kept: Iterator[Batch] = lines_of(self._source, host) if lines else iter(())
            for (batch,) in in_chunks(kept, 1, self._report, f"raw lines of {host}"):
                self._records.write_lines(batch)
            self._records.write_host(summary, self.runs.newest.get(host), self._source.checkpoint(host))
        totals = {f"nodes_{label}": amount for label, amount in self.nodes.described.items()}
        totals |= {f"runs_{kind}": amount for kind, amount in self.runs.counted.items()}
        self._records.write_case(totals)
