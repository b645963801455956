"""A copy holds the same as its source, and can be continued; the next copy completes an interrupted one."""

from __future__ import annotations

import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import StoreError, StoreUnreachable
from provenance.ingest.clock import ms_of
from provenance.ingest.facts import Batch, Flow, FlowKind
from provenance.intake.run import ingest
from provenance.retention.prune import prune
from provenance.store import open_store
from provenance.store.interface import Cut, Lines, Store
from provenance.store.neo4j import Neo4jStore
from provenance.store.resuming import KIND
from provenance.transfer.chunks import Step
from provenance.transfer.copy import CopyResult, copy
from provenance.transfer.digest import digest
from tests.provenance.intake.logs import cut, digest_of, ingest_into, recorded, started, tallies_of, write_log
from tests.provenance.store import rich
from tests.provenance.store.conftest import MAKERS, MakeStore
from tests.provenance.store.generated import batches, described, reached
from tests.provenance.store.neo4j.servers import running
from tests.provenance.store.sqlite import history
from tests.provenance.store.test_contract_generated import filled, quick

LINES = 6_000
FEW = 1_500
MANY = 40_000
PAIRS = [("sqlite", "neo4j-lts"), ("neo4j-lts", "neo4j-current"), ("neo4j-current", "sqlite")]
"""Each store is once the source and once the target of all that there is."""


@pytest.fixture
def make_any(tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    """A function that creates an empty store of a kind of `MAKERS`."""
    made: list[Store] = []

    def make(kind: str) -> Store:
        folder = tmp_path / f"made{len(made)}"
        folder.mkdir()
        made.append(MAKERS[kind](folder, Lines.KEEP))
        return made[-1]

    yield make
    for store in made:
        if isinstance(store, Neo4jStore):
            store.drop()
        store.close()


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_a_copy_is_equal_and_can_be_continued(
    make_any: Callable[[str], Store], tmp_path: Path, source: str, target: str
) -> None:
    source_store, target_store = make_any(source), make_any(target)
    first, second = rich.logs(tmp_path, FEW)
    rich.fill(source_store, first)
    steps: list[Step] = []
    done = copy(source_store, target_store, steps.append)
    found = rich.everything(target_store)
    assert found == rich.everything(source_store)
    assert len(found["reached"]) == 2 and len(found["blinds"]) > 10 and all(found["lines"].values())
    assert done == CopyResult(sum(found["counts"][0].values()), sum(found["counts"][1].values()))
    assert [step for step in steps if step.total is not None and step.done > step.total] == []
    copy(source_store, target_store)
    assert rich.everything(target_store) == found, "a copy twice is a copy"
    for store in (source_store, target_store):
        ingest(store, [str(path) for path in second])
    assert rich.everything(target_store) == rich.everything(source_store)


@pytest.mark.parametrize(("source", "target"), [pair for pair in product(MAKERS, repeat=2) if pair not in PAIRS])
def test_a_small_store_copied_between_the_others(make_any: Callable[[str], Store], source: str, target: str) -> None:
    source_store, target_store = make_any(source), make_any(target)
    filled(source_store, rich.nasty(), [(rich.reached(), True)])
    assert copy(source_store, target_store).differs == ()
    assert digest(target_store) == digest(source_store)
    assert target_store.hosts() == source_store.hosts()


@settings(quick, max_examples=10)
@given(
    history=st.lists(batches(), min_size=1, max_size=4),
    joins=st.lists(reached, max_size=4),
    again=st.lists(batches(), max_size=3),
    joined_again=st.lists(reached, max_size=4),
)
def test_the_next_copy_updates_a_copy_of_any_history(
    tmp_path_factory: pytest.TempPathFactory,
    history: list[Batch],
    joins: list[Flow],
    again: list[Batch],
    joined_again: list[Flow],
) -> None:
    folder = tmp_path_factory.mktemp("pair")
    for batch in (*history, *again):
        batch.last = 0
    with (
        closing(open_store(str(folder / "a.db"))) as source_store,
        closing(open_store(str(folder / "b.db"))) as target_store,
    ):
        filled(source_store, [*described(), *history], [(joins, True)])
        assert copy(source_store, target_store).differs == ()
        assert digest(target_store) == digest(source_store)
        filled(source_store, again, [(joined_again, True)])
        copy(source_store, target_store)
        assert digest(target_store) == digest(source_store)
        assert target_store.hosts() == source_store.hosts()


def copied(source: Path, target: Path) -> CopyResult:
    with closing(open_store(str(source))) as source_store, closing(open_store(str(target))) as target_store:
        return copy(source_store, target_store)


def test_without_raw_lines(tmp_path: Path) -> None:
    ingest_into(tmp_path / "a.db", cut(tmp_path, recorded(LINES), 1))
    with (
        closing(open_store(str(tmp_path / "a.db"))) as source_store,
        closing(open_store(str(tmp_path / "b.db"))) as target_store,
    ):
        copy(source_store, target_store, lines=False)
        assert list(source_store.lines("web01")) and not list(target_store.lines("web01"))
        assert digest(source_store) == digest(target_store)


def test_an_interrupted_copy_is_repeated(tmp_path: Path) -> None:
    ingest_into(tmp_path / "a.db", cut(tmp_path, recorded(LINES), 1))

    class Stop(Exception):
        pass

    def stop(step: Step) -> None:
        if step.what == "flows" and step.done:
            raise Stop

    with (
        closing(open_store(str(tmp_path / "a.db"))) as source_store,
        closing(open_store(str(tmp_path / "b.db"))) as target_store,
    ):
        with pytest.raises(Stop):
            copy(source_store, target_store, stop)
        assert target_store.checkpoint("web01") is None, "an ingest into half a copy must begin anew"
        half = target_store.statistics()
    completed = copied(tmp_path / "a.db", tmp_path / "b.db")
    assert completed.before == sum(half.nodes.values()) + sum(half.flows.values()) > 0, (
        "stored chunks are not sent again"
    )
    assert completed.nodes == 0 and completed.differs == ()
    assert digest_of(tmp_path / "b.db") == digest_of(tmp_path / "a.db")
    assert tallies_of(tmp_path / "b.db") == tallies_of(tmp_path / "a.db")


def test_half_a_copy_is_not_continued_after_a_prune(make_store: MakeStore, tmp_path: Path) -> None:
    """No checkpoint exists yet that would show it."""

    class Stop(Exception):
        pass

    def stop(step: Step) -> None:
        if step == Step("ends of connections", 0):
            raise Stop

    target_store = make_store()
    with closing(open_store(str(tmp_path / "a.db"))) as source_store:
        filled(source_store, [history.batch(number) for number in range(4)], [])
        with pytest.raises(Stop):
            copy(source_store, target_store, stop)
        assert target_store.documents().counts(KIND), "it would be gone on with"
        with target_store.writer() as writer:
            assert writer.prune(Cut((history.START_MS + 500) << 20)).flows > 0
        again = copy(source_store, target_store)
        assert again.before == 0 and again.flows > 0
        assert digest(target_store) == digest(source_store)


def test_half_a_copy_is_not_continued_after_a_change(tmp_path: Path) -> None:
    first, second = cut(tmp_path, recorded(LINES), 2)
    ingest_into(tmp_path / "a.db", [first])

    class Stop(Exception):
        pass

    def stop(step: Step) -> None:
        if step == Step("ends of connections", 0):
            raise Stop

    with (
        closing(open_store(str(tmp_path / "a.db"))) as source_store,
        closing(open_store(str(tmp_path / "b.db"))) as target_store,
    ):
        with pytest.raises(Stop):
            copy(source_store, target_store, stop)
        ingest_into(tmp_path / "a.db", [first, second])
        assert copy(source_store, target_store).before == 0
        assert digest(source_store) == digest(target_store)


def test_a_killed_copy_is_repeated(tmp_path: Path) -> None:
    """The next copy skips everything committed: it is marked in the same transaction."""
    source, target = tmp_path / "a.db", tmp_path / "b.db"
    ingest_into(source, [write_log(tmp_path / "audit.log", recorded(MANY))])
    child = started("copy", source, target)
    wait_for(target.exists, child)
    child.kill()
    child.communicate()
    child = started("copy", source, target)
    wait_for(lambda: marked(target) > 1, child)
    child.kill()
    child.communicate()
    with closing(open_store(str(target))) as target_store:
        half = target_store.statistics()
    broken_off = marked(target) > 0
    completed = copied(source, target)
    if broken_off:
        within = sum(half.flows.values()) - half.flows.get(FlowKind.REACHED, 0)
        assert completed.before == sum(half.nodes.values()) + within > 0
    with closing(open_store(str(source))) as source_store, closing(open_store(str(target))) as target_store:
        assert rich.everything(target_store) == rich.everything(source_store)


def marked(target: Path) -> int:
    """How many chunks are marked as stored in the target of a running copy."""
    with closing(open_store(str(target))) as target_store:
        try:
            return sum(target_store.documents().counts(KIND).values())
        except StoreUnreachable:
            return 0


def test_ctrl_c_is_reported_and_completed(tmp_path: Path) -> None:
    source = tmp_path / "a.db"
    ingest_into(source, [write_log(tmp_path / "audit.log", recorded(MANY))])
    for attempt in range(5):
        target = tmp_path / f"b{attempt}.db"
        child = started("copy", source, target)
        wait_for(target.exists, child)
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=60)
        if child.returncode != 0:  # else it was done before the signal came
            break
    assert child.returncode == 130 and b"Traceback" not in errors
    copied(source, target)
    assert digest_of(target) == digest_of(source)


def test_an_interrupted_read_prints_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The traceback of an interrupt keeps the reading alive until its store is closed."""
    complaints: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    ingest_into(tmp_path / "a.db", cut(tmp_path, recorded(400), 1))
    with closing(open_store(str(tmp_path / "a.db"))) as store:
        flows, nodes = store.all_flows(), store.all_nodes()
        assert next(flows) and next(nodes)
    del flows, nodes
    assert complaints == []


def wait_for(begun: Callable[[], bool], child: subprocess.Popen[bytes]) -> None:
    """Wait until a condition holds or the process has exited."""
    while not begun() and child.poll() is None:
        time.sleep(0.002)


def test_killed_while_it_fills_a_server(tmp_path: Path) -> None:
    """The lock of the killed process is free, and its uncommitted writes are gone."""
    server = running("lts")
    address = f"{server.uri}?case=test-{secrets.token_hex(6)}"
    source = tmp_path / "a.db"
    ingest_into(source, [write_log(tmp_path / "audit.log", recorded(LINES))])
    words = ("copy", "--credentials", server.credentials, source, address)
    target_store = Neo4jStore(address, credentials=server.credentials)

    def begun() -> bool:
        try:
            return bool(target_store.hosts())
        except StoreUnreachable:
            return False

    with closing(target_store), closing(open_store(str(source))) as source_store:
        child = started(*words)
        wait_for(begun, child)
        child.kill()
        child.communicate()
        child = started(*words)
        out, errors = child.communicate(timeout=120)
        assert child.returncode == 0 and b"are equal" in out, errors
        assert rich.everything(target_store) == rich.everything(source_store)
        target_store.drop()


def test_other_contents_of_the_target_are_reported(tmp_path: Path) -> None:
    first, second = cut(tmp_path, recorded(LINES), 2)
    ingest_into(tmp_path / "a.db", [first])
    other = write_log(tmp_path / "other.log", recorded(400).replace(b"node=web01 ", b"node=db01 "))
    ingest_into(tmp_path / "b.db", [first, second, other])
    before = tallies_of(tmp_path / "b.db")
    with closing(open_store(str(tmp_path / "b.db"))) as target_store:
        checkpoint, held = target_store.checkpoint("web01"), digest(target_store)
    differences = copied(tmp_path / "a.db", tmp_path / "b.db").differs
    assert differences == (
        "the target also holds other hosts: db01",
        "the target holds newer records of web01, which were not changed",
    )
    assert tallies_of(tmp_path / "b.db") == before
    with closing(open_store(str(tmp_path / "b.db"))) as target_store:
        assert target_store.checkpoint("web01") == checkpoint, "an ingest would read again what is there"
        assert digest(target_store) == held


def test_dropped_history_of_the_target_is_restored_and_reported(tmp_path: Path) -> None:
    source, target = tmp_path / "a.db", tmp_path / "b.db"
    ingest_into(source, [write_log(tmp_path / "audit.log", recorded(LINES))])
    copied(source, target)
    with closing(open_store(str(target))) as target_store:
        last = ms_of(target_store.hosts()[0].last)
        assert prune(target_store, last).dropped.flows > 0
    with closing(open_store(str(source))) as source_store, closing(open_store(str(target))) as target_store:
        assert copy(source_store, target_store).differs == (
            "the target still reports that old records of web01 were dropped (retention)",
        )
        assert set(target_store.all_flows()) == set(source_store.all_flows())
        copy(target_store, source_store)
        assert copy(target_store, source_store).differs == (), "both say so now"


def test_a_changed_source_is_reported(tmp_path: Path) -> None:
    first, second = cut(tmp_path, recorded(LINES), 2)
    source = tmp_path / "a.db"
    ingest_into(source, [first])

    def write(step: Step) -> None:
        if step == Step("ends of connections", 0):
            ingest_into(source, [second])

    with closing(open_store(str(source))) as source_store, closing(open_store(str(tmp_path / "b.db"))) as target_store:
        assert copy(source_store, target_store, write).differs == (
            "the source was written during the copy: copy it again",
        )
        assert copy(source_store, target_store).differs == ()
        assert digest(source_store) == digest(target_store)


def test_reached_flows_dropped_by_the_source_are_dropped(tmp_path: Path) -> None:
    with (
        closing(open_store(str(tmp_path / "a.db"))) as source_store,
        closing(open_store(str(tmp_path / "b.db"))) as target_store,
    ):
        filled(source_store, rich.nasty(), [(rich.reached(), True)])
        copy(source_store, target_store)
        filled(source_store, [], [([], True)])
        copy(source_store, target_store)
        assert not list(target_store.flows(None, None, FlowKind.REACHED)) and digest(target_store) == digest(
            source_store
        )


def test_an_empty_source(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"none\.db"):
        copied(tmp_path / "none.db", tmp_path / "b.db")
