"""Imports the synthetic graph offline into a Neo4j server for the benchmark, for graphs that are too large to write online.

`script/neo4j.py` starts the server in a given folder; other servers are not changed.
"""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TextIO

from benchmarks import own_server, synthetic
from benchmarks.own_server import Connection
from benchmarks.synthetic import FAN, HOST, STAGES
from provenance.ingest.clock import at_ms
from provenance.ingest.facts import pack_evidence
from provenance.ingest.identity import EntityKind, endpoint_id, file_id, format_id, process_id
from provenance.transfer.neo4j_import.tables import Column, Tables

CASE = "benchmark"
_NODE = (Column(":ID(entity)"), Column("key", "long"), Column("id"), Column("kind", "long"), Column("host"))
_ATTRIBUTES = {
    "Process": (*_NODE, Column("first", "long"), Column("pid", "long"), Column("command")),
    "File": (*_NODE, Column("first", "long"), Column("path")),
    "Endpoint": (*_NODE, Column("first", "long"), Column("protocol"), Column("ip"), Column("port", "long")),
}
_RUN = (
    *(Column(":START_ID(entity)"), Column(":END_ID(entity)"), Column("first", "long"), Column("last", "long")),
    *(Column("times", "long"), Column("evidence", "byte[]")),
)
_KINDS = ("SPAWNED", "READ", "WROTE", "EXECUTED", "ACCEPTED")
_OPENS = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in ("java.nio", "java.io", "sun.nio.ch")]


class Files:
    """Writes the break-ins of `synthetic.build` as files for an import: the same ids, kinds and moments of every edge, written
    as text without building entities and flows first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts: Counter[str] = Counter()
        self._open = ExitStack()
        self._files: dict[str, TextIO] = {}
        for label, columns in _ATTRIBUTES.items():
            self._begin(label, (Column("case"), *columns))
        for kind in _KINDS:
            self._begin(kind, _RUN)

    def _begin(self, name: str, columns: tuple[Column, ...]) -> None:
        header = ",".join(column.header for column in columns) + "\n"
        (self.folder / f"{name}-header.csv").write_text(header, "utf-8")
        self._files[name] = self._open.enter_context((self.folder / f"{name}.csv").open("w", encoding="utf-8"))

    def write(self, edges: int) -> list[int]:
        """Write at least `edges` edges; returns the processes at the ends of the break-ins."""
        break_ins = -(-edges // synthetic.EDGES)
        libraries = [file_id(HOST, "lib", number, 0) for number in range(synthetic.LIBRARIES)]
        for number, id in enumerate(libraries):
            self._node("File", EntityKind.FILE, id, at_ms(synthetic.START_MS), f'"/usr/lib/lib{number}.so"')
        for number in range(break_ins):
            self._break_in(number, libraries)
        last = at_ms(synthetic.moment_of(break_ins - 1, STAGES - 1)[0] + 100)
        self._close({"last": last})
        return [synthetic.main_of(number, STAGES) for number in range(break_ins)]

    def _break_in(self, number: int, libraries: list[int]) -> None:
        main = synthetic.main_of(number, 0)
        for stage in range(STAGES):
            ms, serial = synthetic.moment_of(number, stage)
            now, soon = at_ms(ms), at_ms(ms + 30)
            if stage == 0:
                address = synthetic.address_of(number)
                peer = endpoint_id(HOST, "ip", address, number)
                self._node("Endpoint", EntityKind.ENDPOINT, peer, now, f'"ip","{address}",{number & 65535}')
                self._node("Process", EntityKind.PROCESS, main, now, f'{main & 32767},"service {number}"')
                self._run("ACCEPTED", peer, main, now, now, _bytes(ms, serial))
            after = synthetic.main_of(number, stage + 1)
            self._node("Process", EntityKind.PROCESS, after, soon, f'{after & 32767},"stage {stage + 1} of {number}"')
            for place in range(FAN):
                library = libraries[(number + place * 7) % synthetic.LIBRARIES]
                self._worker(number, stage, place, (main, library, after))
            self._run("EXECUTED", main, after, soon, soon, _bytes(ms, serial + FAN))
            main = after

    def _worker(self, number: int, stage: int, place: int, ends: tuple[int, int, int]) -> None:
        main, library, after = ends
        ms, serial = synthetic.moment_of(number, stage)
        at, soon, evidence = at_ms(ms) + place, at_ms(ms + 30), _bytes(ms, serial + 1 + place)
        worker = process_id(HOST, number, (stage + 1) * 1000 + place)
        output = file_id(HOST, "fd:00", number, stage * 1000 + place)
        self._node("Process", EntityKind.PROCESS, worker, at, f'{worker & 32767},"worker {place} of stage {stage}"')
        self._node("File", EntityKind.FILE, output, at, f'"/srv/data/{number}/{stage}/{place}"')
        self._run("SPAWNED", main, worker, at, at, evidence)
        self._run("READ", library, worker, at, at, evidence)
        self._run("WROTE", worker, output, at, at + 100, evidence)
        self._run("READ", output, after, soon, soon, evidence)

    def _node(self, label: str, kind: EntityKind, id: int, first: int, rest: str) -> None:
        self.counts["nodes_" + label] += 1
        self._files[label].write(f"{CASE},{id},{id},{format_id(kind, id)},{kind.value},{HOST},{first},{rest}\n")

    def _run(self, kind: str, source: int, target: int, first: int, last: int, evidence: str) -> None:
        self.counts["runs_" + kind] += 1
        self._files[kind].write(f"{source},{target},{first},{last},1,{evidence}\n")

    def _close(self, host: dict[str, Any]) -> None:
        self._open.close()
        tables = Tables(self.folder, CASE)
        row = {"host": HOST, "name": HOST, "tallies": "{}", "addresses": "[]", "first": at_ms(synthetic.START_MS)}
        columns = [Column(name, "long" if name in ("first", "last", "newest", "skew_ms") else "string") for name in row]
        columns += [Column(name, "long") for name in ("last", "newest", "skew_ms")]
        tables.nodes("Host", columns).write({**row, **host, "newest": host["last"], "skew_ms": 0})
        tables.nodes("Case", [Column(name, "long") for name in self.counts]).write(self.counts)
        tables.close()

    def options(self) -> list[str]:
        """The options that name the files to the import."""
        nodes = [f"--nodes=Entity:{label}=./{label}-header.csv,./{label}.csv" for label in _ATTRIBUTES]
        nodes += [
            f"--nodes={label}=./node-{name}-header.csv,./node-{name}.csv" for label, name in _SMALL_TABLES.items()
        ]
        return nodes + [f"--relationships={kind}=./{kind}-header.csv,./{kind}.csv" for kind in _KINDS]


_SMALL_TABLES = {"Host": "host", "Case": "case"}


def _bytes(ms: int, serial: int) -> str:
    return "\x1f".join(str(byte - 256 if byte > 127 else byte) for byte in pack_evidence((ms, serial)))


@contextmanager
def server(cache: Path, files: Path, options: list[str]) -> Iterator[Connection]:
    """Runs a server with the imported files during the block; yields its connection data, as `script/neo4j.py` stores it."""
    with own_server.running(cache) as connection:
        own_server.script(cache, "stop")
        home = str(connection["home"])
        command = [
            str(connection["java"]),
            "-Xmx2g",
            *_OPENS,
            "-cp",
            str(connection["classpath"]),
            "org.neo4j.cli.AdminTool",
        ]
        command += ["database", "import", "full", "neo4j", "--id-type=string", "--array-delimiter=U+001F"]
        command += ["--overwrite-destination", "--max-off-heap-memory=2g", *options]
        environment = {**os.environ, "NEO4J_HOME": home, "NEO4J_CONF": f"{home}/conf"}
        subprocess.run(command, cwd=files, env=environment, check=True, stdout=subprocess.DEVNULL)
        yield own_server.script(cache, "start")
