"""How many facts of each kind follow from the bundled incident: a changed rule changes them, which must be intended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provenance.ingest.deriver import Deriver
from provenance.ingest.identity import EntityKind
from provenance.ingest.pyauparse import events
from provenance.store.interface import Node
from tests.ingest.reading import Facts, facts_of

LOG = Path(__file__).parents[2] / "provenance" / "demo" / "data" / "web01.log.xz"
GOLDENS = Path(__file__).parent / "goldens"


def _derived(reduce: bool) -> Facts:
    deriver = Deriver("web01", reduce=reduce)
    for event in events(LOG):
        deriver.push(event)
    return facts_of([deriver.take(), deriver.conclude()])


@pytest.fixture(scope="module")
def reduced() -> Facts:
    return _derived(True)


def _counted(title: str, counts: Counter[str]) -> Iterator[str]:
    yield title
    yield from (f"  {what:<14}{count:>7}" for what, count in sorted(counts.items()))
    yield f"  {'all':<14}{counts.total():>7}"


def _kind(node: Node) -> str:
    return EntityKind(node.kind).name.lower()


def test_facts_by_kind(reduced: Facts, golden: Callable[[Path, str], None]) -> None:
    lines = [
        *_counted("entities", Counter(_kind(node) for node in reduced.nodes.values())),
        *_counted("runs", Counter(flow.kind.name for flow in reduced.runs)),
        *_counted("open at the end", Counter(flow.kind.name for flow in reduced.runs if flow.open)),
        *_counted("counters", Counter(reduced.tallies)),
    ]
    golden(GOLDENS / "web01.txt", "\n".join(lines) + "\n")


def test_reduction_loses_no_edge_of_the_recording(reduced: Facts) -> None:
    plain = _derived(False)
    assert {flow[:3] for flow in plain.runs} == {flow[:3] for flow in reduced.runs}
    assert len(reduced.runs) < len(plain.runs)
