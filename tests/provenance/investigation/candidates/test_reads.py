"""An alert about a file starts from the act on it nearest in time, also a read; a bare name of a program matches weakly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance.errors import NothingFound
from provenance.ingest.clock import rfc3339
from provenance.ingest.facts import Batch, Entity, FlowKind, Name
from provenance.investigation.candidates import Candidate, candidates
from provenance.store import open_store
from provenance.store.interface import Direction, Store
from tests.provenance.investigation.candidates.asking import alert
from tests.provenance.investigation.candidates.conftest import T0, F, moment, process, run

KEY = "/home/eve/.ssh/id_ed25519"
EDITOR, SSH, CAT = 1, 2, 3
"""The editor wrote the key at 10 s; ssh read it at 100 s, cat at 200 s."""
FILE = 9


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A host on which a key is written, and read twice."""
    batch = Batch(
        "desk",
        [
            process(EDITOR, "desk", 5, 11, "vi id_ed25519", exe="/usr/bin/vi"),
            process(SSH, "desk", 99, 12, "/usr/bin/ssh git@host", exe="/usr/bin/ssh"),
            process(CAT, "desk", 199, 13, "cat /home/eve/.ssh/id_ed25519", exe="/usr/bin/cat"),
            Entity(FILE, F, "desk", moment(10), {"path": KEY}),
        ],
        flows=[
            run(FlowKind.WROTE, EDITOR, FILE, 10, 10),
            run(FlowKind.READ, FILE, SSH, 100, 100),
            run(FlowKind.READ, FILE, CAT, 200, 200),
        ],
        names=[Name(FILE, KEY, moment(10), moment(10))],
    )
    path: Path = tmp_path_factory.mktemp("desk") / "desk.db"
    store = open_store(str(path))
    with store.writer() as writer:
        writer.apply(batch)
    yield store
    store.close()


def about(store: Store, s: float | None, direction: Direction = Direction.BACKWARD) -> Candidate:
    time = None if s is None else rfc3339(T0 + round(s * 1000))
    return candidates(store, alert(host="desk", file={"path": KEY}, time=time), direction=direction)[0]


@pytest.mark.parametrize(("s", "reader", "first"), [(101, SSH, 100), (100, SSH, 100), (199, CAT, 200)])
def test_an_alert_about_a_file_starts_from_the_read_nearest_in_time(
    s: float, reader: int, first: float, desk: Store
) -> None:
    found = about(desk, s)
    assert (found.anchor.node.id, found.anchor.start) == (reader, {reader: moment(first)})
    assert "is the act on it nearest in time" in found.reason


@pytest.mark.parametrize("s", [10, 11, 150, None])
def test_without_a_read_near_its_time_it_starts_from_the_file(s: float | None, desk: Store) -> None:
    """The nearest act is a write, or none is near."""
    assert about(desk, s).anchor.node.id == FILE


def test_what_was_read_is_traced_forward_from_the_file(desk: Store) -> None:
    assert about(desk, 100, Direction.FORWARD).anchor.node.id == FILE


@pytest.mark.parametrize("given", [{"command": "ssh"}, {"exe": "ssh"}])
def test_a_bare_name_of_a_program_matches_weakly(given: dict[str, str], desk: Store) -> None:
    (weak,) = candidates(desk, alert(host="desk", process=given))
    (strong,) = candidates(desk, alert(host="desk", process={"command": "/usr/bin/ssh git@host"}))
    assert weak.anchor.node.id == strong.anchor.node.id == SSH and weak.score < strong.score


@pytest.mark.parametrize("name", ["sh", "ss", "git@host", "sshd", "bin"])
def test_part_of_a_name_is_no_name(name: str, desk: Store) -> None:
    with pytest.raises(NothingFound):
        candidates(desk, alert(host="desk", process={"command": name}))
