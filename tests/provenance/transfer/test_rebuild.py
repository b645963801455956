"""A graph that is derived anew from the raw lines in its store equals the graph of the logs; other documents of the store
stay."""

from __future__ import annotations

import lzma
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from shutil import copyfile

import pytest

from provenance.cli import main
from provenance.errors import InputError, StoreBusy, StoreError, UsageError
from provenance.ingest.checkpoint.schema import VERSION
from provenance.ingest.facts import Batch
from provenance.retention.prune import prune
from provenance.store import open_store
from provenance.store.interface import Lines
from provenance.store.sqlite import SQLiteStore
from provenance.store.sqlite.replacing import place_beside
from provenance.transfer.chunks import Step, lines_of
from provenance.transfer.copy import copy
from provenance.transfer.digest import digest
from provenance.transfer.in_place import rebuild_in_place
from provenance.transfer.ordered_lines import OrderedLines
from provenance.transfer.rebuild import chosen, rebuild
from tests.conftest import ROOT
from tests.ingest.pyauparse.journal import journal_of, json_of
from tests.provenance.intake.earlier import assert_lacks_only_logins
from tests.provenance.intake.logs import ingest_into, recorded, started, write_log
from tests.provenance.store.conftest import MakeStore

RECORDINGS = sorted((ROOT / "tests" / "recordings").glob("*/*.log.xz"))
SHIPPED = sorted((ROOT / "tests" / "ingest" / "shippers" / "samples").iterdir())
LOST = b"provenance-checkpoint/4\nwhatever"
"""A checkpoint of which not even the raw lines can be read."""
DAEMON = (
    b"node=web01 type=DAEMON_ROTATE msg=audit(%d.%03d:77%d): op=rotate-logs auid=0 pid=1 res=success\n"
    b"this is no record %d\n"
)


def contents(path: Path) -> dict[str, object]:
    """All that a store holds beside its checkpoints."""
    with closing(open_store(str(path), create=False)) as store:
        return {
            "digest": digest(store),
            "hosts": store.hosts(),
            "lines": {host.host: sorted(OrderedLines(store.lines(host.host))) for host in store.hosts()},
            "documents": {
                (one.kind, one.key): (one.body, one.state, one.rank)
                for kind in store.documents().kinds()
                for one in store.documents().page(kind)
            },
        }


def rebuilt(path: Path, *names: str, lines: Lines = Lines.KEEP) -> dict[str, object]:
    """What a store holds after it was rebuilt in its place; nothing is left beside it."""
    rebuild_in_place(path, names, lines)
    assert {file.name for file in path.parent.iterdir() if file.name.startswith(path.name)} <= {
        path.name,
        f"{path.name}.lock",
    }
    return contents(path)


def foreign(saved: bytes) -> bytes:
    """A checkpoint as of a version that nothing can go on from; its raw lines can be read."""
    head, end, body = saved.partition(b"\n")
    assert head == b"provenance-checkpoint/%d" % VERSION
    return b"provenance-checkpoint/99" + end + body


def spoil_checkpoints(path: Path, spoilt: Callable[[bytes], bytes]) -> None:
    """Leave checkpoints that cannot be gone on with."""
    with closing(open_store(str(path), create=False)) as store, store.writer() as writer:
        for host in store.hosts():
            writer.apply(Batch(host.host, checkpoint=spoilt(store.checkpoint(host.host) or b"")))


def with_oddities(log: bytes) -> bytes:
    """A log with events of the daemon itself and lines that are no records, as thrown in here and there."""
    lines = log.splitlines(keepends=True)
    for number, place in enumerate(range(len(lines) - 400, 0, -900)):
        stamp = lines[place].partition(b"audit(")[2].partition(b":")[0]
        second, _, ms = stamp.partition(b".")
        lines.insert(place, DAEMON % (int(second), int(ms), number, number))
    return b"".join(lines)


@pytest.mark.parametrize("log", RECORDINGS, ids=lambda log: f"{log.parent.name}-{log.name.removesuffix('.log.xz')}")
def test_every_recording(log: Path, tmp_path: Path) -> None:
    store = tmp_path / "case.db"
    ingest_into(store, [log])
    before = contents(store)
    assert rebuilt(store) == before
    spoil_checkpoints(store, foreign)
    assert rebuilt(store) == before


@pytest.mark.parametrize("checkpoint", ["good", "foreign", "lost"])
@pytest.mark.parametrize("seed", range(5))
def test_a_log_ingested_in_parts_and_continued(tmp_path: Path, seed: int, checkpoint: str) -> None:
    """Whatever the pieces left unfinished, the rebuilt store goes on to what it would have become otherwise."""
    log = with_oddities(recorded(12_000))
    pick = random.Random(seed)
    cuts = [0, *sorted(pick.sample(range(1, len(log)), 3))]
    store = tmp_path / "case.db"
    for number, (begin, end) in enumerate(pairwise(cuts)):
        ingest_into(store, [write_log(tmp_path / f"{number}.log", log[begin:end])])
    before, other = contents(store), Path(copyfile(store, tmp_path / "other.db"))
    if checkpoint != "good":
        spoil_checkpoints(store, foreign if checkpoint == "foreign" else lambda _: LOST)
    after = rebuilt(store)
    if checkpoint != "lost":
        assert after == before
    complete = write_log(tmp_path / "whole.log", log)
    for path in (store, other):
        ingest_into(path, [complete])
    assert contents(store) == contents(other)


@pytest.mark.parametrize("form", [journal_of, json_of], ids=["journal export", "journal JSON"])
def test_lines_of_other_formats(tmp_path: Path, form: Callable[[bytes], bytes]) -> None:
    lines = [line.partition(b" ")[2] for line in recorded(2_000).splitlines() if b"proctitle" not in line.lower()]
    log = write_log(tmp_path / "journal", form(b"\n".join(lines) + b"\n"))
    ingest_into(tmp_path / "case.db", [log], host="web01")
    before = contents(tmp_path / "case.db")
    assert rebuilt(tmp_path / "case.db") == before


def test_a_store_of_the_version_before(tmp_path: Path) -> None:
    packed = ROOT / "tests" / "ingest" / "checkpoint" / "recorded" / "version-5.db.xz"
    store = tmp_path / "earlier.db"
    store.write_bytes(lzma.decompress(packed.read_bytes()))
    before = Path(copyfile(store, tmp_path / "before.db"))
    rebuilt(store)
    with (
        closing(open_store(str(before), create=False)) as earlier,
        closing(open_store(str(store), create=False)) as today,
    ):
        assert_lacks_only_logins(earlier, today)


@pytest.fixture(scope="module")
def two_hosts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of two hosts that reached each other."""
    store = tmp_path_factory.mktemp("two") / "case.db"
    ingest_into(store, [ROOT / "tests" / "recordings" / "fleet" / "fleet.log.xz"])
    return store


@pytest.fixture
def case(two_hosts: Path, tmp_path: Path) -> Path:
    """A copy of it, with documents of every sort."""
    path = Path(copyfile(two_hosts, tmp_path / "case.db"))
    with closing(open_store(str(path), create=False)) as store:
        for kind in ("mark", "incident", "token", "outgoing-webhook"):
            store.documents().add(kind, "x", {"kind": kind}, "open", 7)
    return path


def test_alerts_and_documents_of_the_service_stay(case: Path) -> None:
    before = contents(case)
    assert {kind for kind, _ in before["documents"]} == {"mark", "incident", "token", "outgoing-webhook", "host-found"}  # type: ignore[attr-defined]
    assert rebuilt(case) == before


def test_one_host_of_two(case: Path, tmp_path: Path) -> None:
    """The other one goes on from its own checkpoint."""
    before = contents(case)
    assert rebuilt(case, "web03") == before
    ingest_into(case, [ROOT / "tests" / "recordings" / "fleet" / "fleet.log.xz"])
    assert contents(case) == before


def test_a_name_that_is_no_host(case: Path) -> None:
    with pytest.raises(UsageError, match="no host elsewhere"):
        rebuild_in_place(case, ["elsewhere"], Lines.KEEP)


@pytest.mark.parametrize("into", [False, True], ids=["in place", "into another store"])
def test_a_host_in_short(into: bool, case: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    where = ["--store", str(case), *(["--into", str(tmp_path / "other.db")] if into else [])]
    capfd.readouterr()
    assert main(["rebuild", *where, "--host", "DB"]) == 0
    (line,) = capfd.readouterr().out.splitlines()
    assert line.startswith("db03: ") and line.endswith(" events derived anew")
    assert main(["rebuild", *where, "--host", "wbe03"]) == 1
    assert "no host 'wbe03' in the store; did you mean web03 or db03?" in capfd.readouterr().err


def test_through_a_link_and_with_the_rights_of_before(case: Path, tmp_path: Path) -> None:
    before = contents(case)
    case.chmod(0o640)
    link = tmp_path / "link.db"
    link.symlink_to(case)
    rebuild_in_place(link, (), Lines.KEEP)
    assert link.is_symlink() and case.stat().st_mode & 0o777 == 0o640
    assert contents(case) == before


@pytest.mark.parametrize("made", ["nothing", "half", "copy"])
def test_lines_that_were_not_stored(made: str, tmp_path: Path) -> None:
    """All of a host's lines are there, or it is left as it is."""
    halves = recorded(3_000)[: len(recorded(3_000)) // 2], recorded(3_000)
    logs = [write_log(tmp_path / f"{number}.log", log) for number, log in enumerate(halves)]
    path = tmp_path / "case.db"
    with closing(open_store(str(path), Lines.NONE)) as store:
        assert main(["ingest", "--store", str(path), "--lines", "none", str(logs[0])]) == 0
        if made == "half":
            ingest_into(path, [logs[1]])
        elif made == "copy":
            ingest_into(tmp_path / "source.db", [logs[1]])
            with closing(open_store(str(tmp_path / "source.db"))) as source:
                copy(source, store, lines=False)
    before = contents(path)
    with pytest.raises(StoreError, match=r"raw lines of [\d,]+ of [\d,]+ events of web01.*--lines none"):
        rebuild_in_place(path, (), Lines.KEEP)
    assert contents(path) == before
    assert main(["rebuild", "--store", str(path)]) == 2


def test_lines_that_are_only_referred_to(tmp_path: Path) -> None:
    log = write_log(tmp_path / "audit.log", recorded(3_000))
    path = tmp_path / "case.db"
    assert main(["ingest", "--store", str(path), "--lines", "reference", str(log)]) == 0
    before = contents(path)
    assert rebuilt(path, lines=Lines.REFERENCE) == before
    log.write_bytes(log.read_bytes().replace(b"exit=0", b"exit=7"))
    with pytest.raises(StoreError, match="has changed since it was ingested"):
        rebuild_in_place(path, (), Lines.KEEP)
    log.write_bytes(recorded(3_000))
    assert rebuilt(path) == before
    log.unlink()
    assert contents(path) == before


@pytest.mark.parametrize("checkpoint", ["good", "lost"])
def test_a_store_of_which_history_was_dropped(
    case: Path, checkpoint: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with closing(open_store(str(case), create=False)) as store:
        db03 = store.hosts()[0]
        prune(store, (db03.first + db03.last) // 2 >> 20)
    if checkpoint == "lost":
        spoil_checkpoints(case, lambda _: LOST)
    before = contents(case)
    with pytest.raises(StoreError, match=r"retention.*--into"):
        rebuild_in_place(case, (), Lines.KEEP)
    assert contents(case) == before
    assert main(["rebuild", "--store", str(case), "--into", str(tmp_path / "other.db"), "--host", "db03"]) == 0
    assert "older records of db03 were dropped" in capfd.readouterr().err
    with closing(open_store(str(tmp_path / "other.db"), create=False)) as other:
        assert {blind.why for blind in other.blinds()} >= {"older records were dropped from this store (retention)"}
    assert contents(case) == before


def test_while_another_program_writes(case: Path) -> None:
    before = contents(case)
    with closing(SQLiteStore(case)) as other, other.writer(), pytest.raises(StoreBusy, match="being written"):
        rebuild_in_place(case, (), Lines.KEEP)
    assert contents(case) == before


READER = """
import sys, time
from pathlib import Path
from provenance.store.sqlite import SQLiteStore
store = SQLiteStore(Path(sys.argv[1]))
store.hosts()
print("open", flush=True)
time.sleep(600)
"""


def test_while_another_program_reads(case: Path) -> None:
    """Its SQLite would take what is beside the old file for the new one's."""
    before = contents(case)
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, case], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    try:
        assert reader.stdout is not None and reader.stdout.readline() == b"open\n"
        with pytest.raises(StoreBusy, match="open in another program"):
            rebuild_in_place(case, (), Lines.KEEP)
    finally:
        reader.kill()
        reader.wait()
    assert contents(case) == before
    assert rebuilt(case) == before


def test_a_change_made_meanwhile_is_not_lost(case: Path) -> None:
    """A service ran while lines were read: the documents that it wrote are copied at the end."""

    def report(step: Step) -> None:
        if step.what.startswith("events of"):
            with closing(SQLiteStore(case)) as service:
                service.documents().add("incident", "late", {"n": 1})

    rebuild_in_place(case, (), Lines.KEEP, report)
    with closing(SQLiteStore(case)) as store:
        assert store.documents().get("incident", "late") is not None


def test_killed_at_any_moment(case: Path, tmp_path: Path) -> None:
    """The store is the old one or the new one, both of which hold the same; the next rebuild goes through."""
    before = contents(case)
    for seconds in (0.4, 0.8, 1.2, 1.4, 1.6, 1.8, 2.2):
        child = started("rebuild", "--store", case)
        time.sleep(seconds)
        child.kill()
        child.wait()
        assert contents(case) == before
    assert place_beside(case).name == "case.db.rebuild"
    assert rebuilt(case) == before


def test_an_unreadable_checkpoint_version_is_rebuilt_and_continued(case: Path) -> None:
    before = contents(case)
    log = ROOT / "tests" / "recordings" / "fleet" / "fleet.log.xz"
    spoil_checkpoints(case, lambda _: LOST)
    with pytest.raises(InputError, match="`provenance rebuild`"):
        ingest_into(case, [log])
    assert main(["rebuild", "--store", str(case), "--format", "json"]) == 0
    assert contents(case) == before
    assert ingest_into(case, [log]).events == 0
    assert contents(case) == before


def test_raw_lines_and_counters_are_enough(case: Path, tmp_path: Path) -> None:
    """Of a host that has no checkpoint, the graph is that of its lines."""
    with closing(open_store(str(case), create=False)) as source:
        expected = digest(source)
        with closing(open_store(str(tmp_path / "lines.db"))) as lines, lines.writer() as writer:
            for host in source.hosts():
                for batch in lines_of(source, host.host):
                    writer.apply(batch)
                writer.apply(Batch(host.host, tallies=dict(host.tallies), first=host.first, last=host.last))
    with closing(open_store(str(tmp_path / "lines.db"))) as lines:
        assert not any(lines.checkpoint(host.host) for host in lines.hosts())
        with closing(open_store(str(tmp_path / "new.db"))) as target:
            rebuild(lines, target, chosen(lines, ()))
            assert digest(target) == expected


def test_into_a_store_that_holds_something(case: Path, two_hosts: Path) -> None:
    with (
        closing(open_store(str(case))) as store,
        closing(open_store(str(two_hosts))) as source,
        pytest.raises(StoreError, match="not empty"),
    ):
        rebuild(source, store, chosen(source, ()))


def test_from_any_store_into_any(make_store: MakeStore, case: Path, tmp_path: Path) -> None:
    source, target = make_store(), make_store()
    with closing(open_store(str(case), create=False)) as first:
        copy(first, source)
        before = digest(first)
    assert digest(source) == before
    rebuild(source, target, chosen(source, ()))
    assert digest(target) == before
    assert "mark" in target.documents().kinds()
    assert "token" not in target.documents().kinds()


def test_a_store_on_a_server_stays_where_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["rebuild", "--store", "bolt://localhost:1/neo4j"]) == 2
    assert "--into STORE" in capfd.readouterr().err


def test_lines_in_any_order_are_sorted(two_hosts: Path) -> None:
    """But for those of the daemon, which are put behind the line that they come after."""
    with closing(open_store(str(two_hosts), create=False)) as store:
        lines = list(store.lines("web03"))
    shuffled = random.Random(1).sample(lines, len(lines))
    with closing(OrderedLines(lines)) as one, closing(OrderedLines(shuffled + shuffled)) as other:
        assert len(one) == len(other) == len(lines)
        assert list(one) == list(other)


@pytest.mark.parametrize("log", SHIPPED, ids=lambda log: log.name)
def test_logs_of_every_shipper(log: Path, tmp_path: Path) -> None:
    """Also where a line holds several events, or a record spans lines."""
    store = tmp_path / "s.db"
    ingest_into(store, [log])
    before = contents(store)
    assert rebuilt(store) == before


def test_dates_whose_order_an_option_gave(tmp_path: Path) -> None:
    log = tmp_path / "interpreted.log"
    body = "arch=x86_64 syscall=execve success=yes exit=0 ppid=1 pid=2 auid=kim uid=root comm=a exe=/a"
    log.write_text(
        "".join(f"type=SYSCALL msg=audit(11/12/2026 09:51:00.100:{n}) : {body} \n" for n in range(9)), "utf-8"
    )
    store = tmp_path / "s.db"
    assert main(["ingest", "--store", str(store), "--dates", "day-first", str(log)]) == 0
    before = contents(store)
    assert rebuilt(store) == before
