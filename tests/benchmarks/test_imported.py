"""The offline import holds the same edges as the graph that is written online."""

from __future__ import annotations

import csv
from collections import Counter
from contextlib import closing
from pathlib import Path

from benchmarks import imported, synthetic
from provenance.ingest.facts import FlowKind
from provenance.store import open_store

EDGES = 2 * synthetic.EDGES


def test_the_files_hold_the_edges_written_online(tmp_path: Path) -> None:
    files = imported.Files(tmp_path)
    ends = files.write(EDGES)
    with closing(open_store(str(tmp_path / "graph.db"))) as store:
        assert synthetic.build(store, EDGES) == ends
        flows = Counter((flow.kind.name, *flow[1:6], flow.evidence) for flow in store.all_flows())
        nodes = {node.id: node.host for node in store.all_nodes()}
        (host,) = store.hosts()
    assert Counter(row for kind in FlowKind for row in runs(tmp_path, kind.name)) == flows
    hosts_of_entities = {int(row["key:long"]): row["host:string"] for row in entities(tmp_path)}
    assert hosts_of_entities.keys() >= nodes.keys()
    assert set(hosts_of_entities.values()) == {host.host}
    assert sum(amount for name, amount in files.counts.items() if name.startswith("runs_")) == flows.total()


def test_the_options_name_every_file(tmp_path: Path) -> None:
    files = imported.Files(tmp_path)
    files.write(synthetic.EDGES)
    named = {name for option in files.options() for name in option.rpartition("=")[2].split(",")}
    assert named == {f"./{path.name}" for path in tmp_path.glob("*.csv")}


def runs(folder: Path, kind: str) -> list[tuple[object, ...]]:
    return [
        (
            kind,
            *(int(row[name]) for name in (":START_ID(entity)", ":END_ID(entity)", "first:long", "last:long")),
            int(row["times:long"]),
            bytes(int(number) % 256 for number in row["evidence:byte[]"].split("\x1f")),
        )
        for row in table(folder, kind)
    ]


def entities(folder: Path) -> list[dict[str, str]]:
    return [row for label in ("Process", "File", "Endpoint") for row in table(folder, label)]


def table(folder: Path, name: str) -> list[dict[str, str]]:
    if not (folder / f"{name}.csv").exists():
        return []
    header = (folder / f"{name}-header.csv").read_text("utf-8").strip().split(",")
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [dict(zip(header, values, strict=True)) for values in csv.reader(file)]
