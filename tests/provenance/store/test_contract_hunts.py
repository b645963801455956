"""Hunts on every store: the same rows, in the same order, as on the embedded store."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance.errors import OutOfTime, Stopped, UsageError
from provenance.ingest.facts import Batch, Entity, Flow, FlowKind, Name
from provenance.ingest.identity import EntityKind
from provenance.intake.run import ingest
from provenance.store.hunts import Hunt, hunt, hunts
from provenance.store.interface import Store
from provenance.store.sqlite import SQLiteStore
from tests.conftest import ROOT
from tests.cypher import misdeeds
from tests.cypher.test_hunts import HARMLESS, IN_INCIDENT, IN_MISDEEDS, IN_RECORDINGS, OTHER_MISDEEDS

RECORDINGS = {
    "incident": [ROOT / "provenance" / "demo" / "data" / "web01.log.xz"],
    "deeds": [ROOT / "tests" / "cypher" / "deeds" / "lab01.log.xz"],
    **{name: sorted((ROOT / "tests" / "recordings" / name).glob("*.xz")) for name in IN_RECORDINGS if name != "deeds"},
}
EXPECTED = {"incident": IN_INCIDENT, **IN_RECORDINGS}
MS = 1_700_000_000_000 << 20


def rows(store: Store, hunt: Hunt) -> list[dict[str, object]]:
    """The rows of a hunt, with columns as keys and lists instead of tuples."""
    names = [column.name for column in hunt.columns]
    found = store.hunt(hunt, {}).rows
    lists = ([list(value) if isinstance(value, tuple) else value for value in row] for row in found)
    return [dict(zip(names, row, strict=True)) for row in lists]


def holds(row: dict[str, object], expected: dict[str, object]) -> bool:
    return all(row[name] == value for name, value in expected.items())


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Store]:
    """An embedded store, with which the others are compared."""
    store = SQLiteStore(tmp_path / "compared.db")
    with store.writer():
        pass
    yield store
    store.close()


def differing(store: Store, embedded: Store) -> list[str]:
    """The hunts whose rows differ."""
    return [one.name for one in hunts().values() if store.hunt(one, {}).rows != embedded.hunt(one, {}).rows]


@pytest.mark.parametrize("recording", RECORDINGS)
def test_every_store_finds_the_same_in_a_recording(store: Store, embedded: Store, recording: str) -> None:
    for each in (store, embedded):
        ingest(each, [str(path) for path in RECORDINGS[recording]])
    assert differing(store, embedded) == []
    for name, expected in EXPECTED[recording].items():
        assert any(holds(row, expected) for row in rows(store, hunt(name))), name


def test_every_store_finds_the_same_misdeeds(store: Store, embedded: Store) -> None:
    for each in (store, embedded):
        with each.writer() as writer:
            misdeeds.write(writer)
    assert differing(store, embedded) == []
    for name, expected in [*IN_MISDEEDS.items(), *OTHER_MISDEEDS]:
        assert any(holds(row, expected) for row in rows(store, hunt(name))), name
    for name, harmless in HARMLESS:
        assert not any(holds(row, harmless) for row in rows(store, hunt(name))), name


def test_uid_gained_says_when_a_program_became_root(store: Store) -> None:
    """Also when it gave the account up again: the attributes of a process are those of its last account."""
    with store.writer() as writer:
        misdeeds.write(writer)
    found = {row["command"]: row["time"] for row in rows(store, hunt("uid_gained"))}
    begin = misdeeds.START_MS
    assert (found["/opt/became x"], found["/opt/later x"]) == (begin + 101_000, begin + 103_000)


def test_text_that_is_not_unicode_and_very_long_hosts(store: Store, embedded: Store) -> None:
    host = "h" * 300
    odd = "/tmp/\udc80\n\ufffd/sh"
    batch = Batch(
        host,
        entities=[
            Entity(1, EntityKind.PROCESS, host, MS, {"pid": 7, "exe": odd, "command": f"{odd} x"}),
            Entity(2, EntityKind.ENDPOINT, host, MS, {"ip": "192.0.2.7", "port": 443, "protocol": "tcp"}),
            Entity(3, EntityKind.FILE, host, MS, {"path": "/etc/cron.d/\udcff"}),
        ],
        names=[Name(3, "/etc/cron.d/\udcff", MS, MS)],
        flows=[
            Flow(FlowKind.CONNECTED, 1, 2, MS, MS, 1, b""),
            Flow(FlowKind.RECEIVED, 2, 1, MS, MS, 1, b""),
            Flow(FlowKind.WROTE, 1, 3, MS, MS, 1, b""),
        ],
    )
    for each in (store, embedded):
        with each.writer() as writer:
            writer.apply(batch)
    assert differing(store, embedded) == []
    (shell,) = rows(store, hunt("shells_on_sockets"))
    assert (shell["host"], shell["command"]) == (host, f"{odd} x")
    assert [row["path"] for row in rows(store, hunt("changed_cron"))] == ["/etc/cron.d/\udcff"]


def test_parameters_and_limits(store: Store) -> None:
    with store.writer() as writer:
        misdeeds.write(writer)
    parents = hunt("rare_parents")
    everything = store.hunt(parents, {"times": 1_000_000})
    assert len(everything.rows) >= len(store.hunt(parents, {}).rows) > 1 and not everything.more
    first = store.hunt(parents, {}, limit=1)
    assert (first.rows, first.more) == (store.hunt(parents, {}).rows[:1], True)
    assert store.hunt(hunt("ssh_fan_out"), {"port": 1}).rows == ()
    for wrong in ({"times": 0}, {"times": 1_000_001}, {"hosts": 1}):
        with pytest.raises(UsageError):
            store.hunt(parents, wrong)


@pytest.fixture
def incident(tmp_path: Path) -> Iterator[SQLiteStore]:
    """An embedded store with the bundled log."""
    store = SQLiteStore(tmp_path / "case.db")
    ingest(store, [str(path) for path in RECORDINGS["incident"]])
    yield store
    store.close()


def test_a_hunt_ends_at_its_time_limit(incident: SQLiteStore) -> None:
    with pytest.raises(OutOfTime, match="the hunt first_seen_programs"):
        incident.hunt(hunt("first_seen_programs"), {}, seconds=0.0)


def test_a_stopped_hunt_ends(store: Store) -> None:
    with store.writer() as writer:
        misdeeds.write(writer)
    assert store.hunt(hunt("rare_parents"), {}).rows
    with pytest.raises(Stopped):
        store.hunt(hunt("rare_parents"), {}, stop=lambda: True)


def test_the_embedded_store_stops_a_hunt_before_its_first_row(incident: SQLiteStore) -> None:
    """The hunt has no row, so only the handler of SQLite can see that it has to stop."""
    assert incident.hunt(hunt("setuid_set"), {}).rows == ()
    with pytest.raises(Stopped):
        incident.hunt(hunt("setuid_set"), {}, stop=lambda: True)


def test_a_signal_ends_a_hunt_of_the_embedded_store(incident: SQLiteStore) -> None:
    """Ctrl-C is no time limit. The handler of SQLite is the only place at which Python sees a signal during a statement."""
    looks = iter(range(1_000_000))

    def interrupted() -> bool:
        if next(looks) == 0:
            signal.raise_signal(signal.SIGINT)
        return False

    with pytest.raises(KeyboardInterrupt):
        incident.hunt(hunt("first_seen_programs"), {}, stop=interrupted)


def test_every_hunt_is_written_for_both_stores() -> None:
    assert {one.name: one.dialects for one in hunts().values() if one.dialects != {"cypher", "sql"}} == {}
