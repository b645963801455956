"""A store copied into another holds the same, and can be gone on with."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from ingest.facts import unpack_evidence
from provenance.errors import StoreError
from provenance.store import open_store
from provenance.store.copy import Copied, copy
from provenance.store.interface import Alert, EventKey
from tests.provenance.pipeline.logs import cut, digest_of, recorded, tallies_of, took_in

LINES = 12_000


def copied(source: Path, target: Path) -> Copied:
    with closing(open_store(str(source))) as here, closing(open_store(str(target))) as there:
        return copy(here, there)


def test_the_copy_holds_the_same(tmp_path: Path) -> None:
    took_in(tmp_path / "a.db", cut(tmp_path, recorded(LINES), 3))
    with closing(open_store(str(tmp_path / "a.db"))) as store, store.writer() as writer:
        writer.save_alert(Alert("a1", "ndr", "1001", "title \udcff", {"severity": "high"}))
    done = copied(tmp_path / "a.db", tmp_path / "b.db")
    assert digest_of(tmp_path / "b.db") == digest_of(tmp_path / "a.db")
    assert tallies_of(tmp_path / "b.db") == tallies_of(tmp_path / "a.db")
    with closing(open_store(str(tmp_path / "a.db"))) as a, closing(open_store(str(tmp_path / "b.db"))) as b:
        assert a.alerts() == b.alerts() and a.hosts() == b.hosts()
        assert done == (sum(a.statistics().nodes.values()), sum(a.statistics().flows.values()))
        keys = {EventKey("web01", *event) for flow in a.all_flows() for event in unpack_evidence(flow.evidence)}
        assert list(a.raw(keys)) == list(b.raw(keys))


def test_a_copy_twice_is_a_copy(tmp_path: Path) -> None:
    took_in(tmp_path / "a.db", cut(tmp_path, recorded(LINES), 1))
    copied(tmp_path / "a.db", tmp_path / "b.db")
    copied(tmp_path / "a.db", tmp_path / "b.db")
    assert digest_of(tmp_path / "b.db") == digest_of(tmp_path / "a.db")
    assert tallies_of(tmp_path / "b.db") == tallies_of(tmp_path / "a.db")


def test_an_interrupted_copy_is_run_again(tmp_path: Path) -> None:
    took_in(tmp_path / "a.db", cut(tmp_path, recorded(LINES), 1))

    class Stop(Exception):
        pass

    def stop(done: Copied) -> None:
        if done.flows:
            raise Stop

    with closing(open_store(str(tmp_path / "a.db"))) as here, closing(open_store(str(tmp_path / "b.db"))) as there:
        with pytest.raises(Stop):
            copy(here, there, stop)
        assert there.checkpoint("web01") is None, "an ingest into half a copy must begin anew"
    copied(tmp_path / "a.db", tmp_path / "b.db")
    assert digest_of(tmp_path / "b.db") == digest_of(tmp_path / "a.db")


def test_an_ingest_goes_on_in_the_copy(tmp_path: Path) -> None:
    first, second = cut(tmp_path, recorded(LINES), 2)
    took_in(tmp_path / "a.db", [first])
    copied(tmp_path / "a.db", tmp_path / "b.db")
    for name in ("a.db", "b.db"):
        took_in(tmp_path / name, [second])
    assert digest_of(tmp_path / "b.db") == digest_of(tmp_path / "a.db")


def test_there_is_nothing_to_copy(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"none\.db"):
        copied(tmp_path / "none.db", tmp_path / "b.db")
