"""The tree of a process's descendants: its limits, and the processes that it leaves out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from provenance.ingest.clock import at_ms
from provenance.ingest.facts import Batch, Entity, Flow, FlowKind, pack_evidence
from provenance.ingest.identity import EntityKind, format_id
from provenance.service.graphql.graph.trees import MOST_ROWS
from provenance.store import open_store
from tests.provenance.service.graphql.conftest import OPERATIONS, Served, serving

BEGIN = 1_795_490_932_000
AT = at_ms(BEGIN)
ROOT, WIDTH = 1, 60
"""The root has 60 children with 60 children each, and one more process that two of them are parents of."""
SHARED = 100_000


def named(id: int) -> str:
    return format_id(EntityKind.PROCESS, id)


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    parents = {ROOT: 0}
    for child in range(2, 2 + WIDTH):
        parents[child] = ROOT
        parents |= {child * 1_000 + number: child for number in range(WIDTH)}
    spawned = [(parent, child) for child, parent in parents.items() if parent] + [(2, SHARED), (3, SHARED)]
    entities = [Entity(id, EntityKind.PROCESS, "web01", AT, {"pid": id}) for id in (*parents, SHARED)]
    flows = [Flow(FlowKind.SPAWNED, *ends, AT, AT, 1, pack_evidence((BEGIN, 1))) for ends in spawned]
    store = open_store(str(tmp_path_factory.mktemp("wide") / "graph.db"))
    with store.writer() as writer:
        writer.apply(Batch("web01", entities, flows=flows, first=AT, last=AT))
    with serving(store, work=False) as served:
        yield served
    store.close()


def test_a_tree_has_a_limit_and_counts_what_is_beyond(wide: Served) -> None:
    tree = wide.run("process-tree", process=named(ROOT), depth=3, breadth=100)["processTree"]
    assert len(tree["rows"]) == MOST_ROWS < 1 + WIDTH + WIDTH * WIDTH
    assert tree["hidden"] == sum(row["hidden"] for row in tree["rows"])
    shown = Counter(row["parentId"] for row in tree["rows"])
    for row in tree["rows"]:
        assert row["childCount"] - row["hidden"] == shown[row["process"]["id"]]


def test_a_process_with_two_parents_is_shown_once(wide: Served) -> None:
    for parent in (2, 3):
        rows = wide.run("process-tree", process=named(parent), depth=1, breadth=100)["processTree"]["rows"]
        assert named(SHARED) in [row["process"]["id"] for row in rows]
    tree = wide.run("process-tree", process=named(ROOT), depth=2, breadth=100)["processTree"]
    assert [row["parentId"] for row in tree["rows"] if row["process"]["id"] == named(SHARED)] == [named(2)]
    hidden = {row["process"]["id"]: row["hidden"] for row in tree["rows"]}
    assert (hidden[named(2)], hidden[named(3)]) == (0, 1)


def test_there_is_no_tree_of_another_entity(served: Served) -> None:
    assert served.run("process-tree", process=named(12_345)) == {"processTree": None}
    (file, *_) = served.run("search", where={"path": "/tmp/3333"})["search"]["edges"]
    assert served.run("process-tree", process=file["node"]["id"]) == {"processTree": None}


@pytest.mark.parametrize(("depth", "breadth"), [(0, 1), (33, 1), (1, 0), (1, 101)])
def test_the_size_of_a_tree_is_limited(served: Served, depth: int, breadth: int) -> None:
    text = (OPERATIONS / "process-tree.graphql").read_text("utf-8")
    error = served.error_of(text, process=named(1), depth=depth, breadth=breadth)
    assert error["extensions"]["code"] == "BAD_INPUT"
    assert "expected depth 1 to 32 and breadth 1 to 100" in error["message"]
