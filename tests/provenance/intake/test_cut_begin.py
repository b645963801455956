"""Logs that begin in the middle of an event: their beginning is a blind interval, also after a rebuild."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from provenance.cli.main import main
from provenance.ingest.rules.losses import BEGINS_CUT
from provenance.intake.run import ingest
from provenance.store import open_store
from provenance.store.interface import Store
from provenance.transfer.digest import digest
from tests.ingest.script import Script


def log() -> str:
    """A process that another one starts writes a file."""
    script = Script()
    shell = script.process(100, ppid=50)
    shell.opens("/etc/motd", fd=3)
    shell.opens("/etc/issue", fd=5)
    script.wait(5000)
    shell.opens("/root/x", fd=4, flags=0x241)
    return "\n".join(line for event in script.events for line in event) + "\n"


def cuts(store: Store) -> int:
    return sum(blind.why == BEGINS_CUT for blind in store.blinds())


BEGINNINGS = {"in a line": log()[60:], "between two lines": log().partition("\n")[2]}


@pytest.mark.parametrize("place", BEGINNINGS)
@pytest.mark.parametrize("copies", [1, 2])
def test_a_log_that_begins_in_an_event_is_blind_there(place: str, copies: int, tmp_path: Path) -> None:
    path, whole = tmp_path / "a.log", log()
    path.write_text(BEGINNINGS[place], "utf-8")
    with closing(open_store(str(tmp_path / "s.db"), create=True)) as store:
        for _ in range(copies):
            ingest(store, [str(path)], "web01")
        assert cuts(store) == 1
    path.write_text(whole, "utf-8")
    with closing(open_store(str(tmp_path / "whole.db"), create=True)) as store:
        ingest(store, [str(path)], "web01")
        assert not cuts(store)


@pytest.mark.parametrize("place", BEGINNINGS)
def test_a_trace_and_a_rebuild_say_so(place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, db = tmp_path / "a.log", tmp_path / "s.db"
    path.write_text(BEGINNINGS[place], "utf-8")
    assert main(["ingest", "--store", str(db), "--host", "web01", str(path)]) == 0
    with closing(open_store(str(db), create=False)) as store:
        before = digest(store)
    capsys.readouterr()
    assert main(["backtrack", "--store", str(db), "--file", "/root/x"]) == 0
    assert "the log begins in the middle of an event" in " ".join(capsys.readouterr().out.split())
    assert main(["rebuild", "--store", str(db)]) == 0
    with closing(open_store(str(db), create=False)) as store:
        assert digest(store) == before and cuts(store) == 1


def test_only_the_first_file_of_a_log_begins_it(tmp_path: Path) -> None:
    script = Script()
    for number in range(20):
        script.process(100).opens(f"/f{number}", fd=5)
    events = ["\n".join(event) + "\n" for event in script.events]
    older, newer = tmp_path / "audit.log.1", tmp_path / "audit.log"
    older.write_text("".join(events[:10]), "utf-8")
    newer.write_text("".join(events[10:])[60:], "utf-8")
    with closing(open_store(str(tmp_path / "s.db"), create=True)) as store:
        assert ingest(store, [str(newer), str(older)], "web01").corrupt == 1
        assert not cuts(store)
