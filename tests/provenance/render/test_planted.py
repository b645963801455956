"""Jobs whose table a login changed before, where no record shows that its daemon read it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ingest.script import O_RDONLY, UNSET, Actor, Script
from tests.provenance.intake.logs import write_log
from tests.provenance.recordings.recordings import ingested, run
from tests.provenance.render.test_story import NEW, OUTSIDE, PEER

JOB = "/var/spool/at/a0000601c0ffee"


def login(script: Script, pid: int, ses: int, uid: int, address: str | None) -> Actor:
    """A shell in a session that somebody logged in to, or that a daemon opened."""
    script.message("LOGIN", f"pid={pid} uid=0 old-auid={UNSET} auid={uid} tty=(none) old-ses={UNSET} ses={ses} res=1")
    if address is not None:
        how = (
            f'op=login id={uid} exe="/usr/sbin/sshd" hostname={address} addr={address} terminal=/dev/pts/0 res=success'
        )
        script.message("USER_LOGIN", f"pid={pid} uid=0 auid={uid} ses={ses} msg='{how}'")
    shell = script.process(pid + 1, pid, "sh", "/bin/sh", uid=uid, auid=uid, ses=ses)
    shell.execs("/bin/sh", "sh")
    return shell


def plants(shell: Actor, path: str = JOB) -> None:
    at = shell.child(shell.pid + 10)
    at.execs("/usr/bin/at", "at", "now")
    at.opens(path, NEW, fd=5, created=True)
    shell.script.wait(300_000)


def job(script: Script, uid: int = 1000, reads: bool = False) -> None:
    shell = login(script, 400, 14, uid, None)
    if reads:
        shell.opens(JOB, O_RDONLY, fd=4)
    shell.execs("/usr/bin/socat", "socat", "x")
    shell.sockets(5)
    shell.connects(5, *OUTSIDE)


def traced(folder: Path, script: Script) -> tuple[str, dict[str, object]]:
    store = ingested(folder / "s.db", [write_log(folder / "s.log", script.text())])
    options = ("--store", store, "--remote", OUTSIDE[0], "--all")
    (code, text), (_, document) = run("backtrack", *options, "--wide"), run("backtrack", *options, "--format", "json")
    assert code == 0
    return text.split("\n\nThe trace: ", 1)[0], json.loads(document)


def test_whoever_wrote_the_file_of_a_job_before_is_a_candidate(tmp_path: Path) -> None:
    script = Script()
    plants(login(script, 200, 12, 1000, PEER))
    login(script, 300, 13, 1001, "10.8.0.9")
    job(script)
    text, document = traced(tmp_path, script)
    assert f"Two candidates: {PEER}, whose program at wrote {JOB} 300." in text
    entry = next(one for one in document["entries"] if PEER in one["reason"])  # type: ignore[attr-defined]
    assert entry["rank"] == 2 and entry["edge"] is None
    assert entry["node"] in {node["id"] for node in document["context"]}  # type: ignore[attr-defined]
    assert [one["rank"] for one in document["entries"]] == list(range(1, len(document["entries"]) + 1))  # type: ignore


@pytest.mark.parametrize(
    ("uid", "path", "reads"), [(1001, JOB, False), (1000, "/srv/a0000601c0ffee", False), (1000, JOB, True)]
)
def test_no_candidate_is_a_file_of_another_account_or_no_table_or_one_that_was_read(
    tmp_path: Path, uid: int, path: str, reads: bool
) -> None:
    script = Script()
    plants(login(script, 200, 12, 1000, PEER), path)
    job(script, uid, reads)
    _, document = traced(tmp_path, script)
    assert "may be the job" not in json.dumps(document)


def test_a_login_from_elsewhere_needs_no_job(tmp_path: Path) -> None:
    script = Script()
    plants(login(script, 200, 12, 1000, "192.0.2.7"))
    shell = login(script, 400, 14, 1000, PEER)
    shell.execs("/usr/bin/socat", "socat", "x")
    shell.sockets(5)
    shell.connects(5, *OUTSIDE)
    text, document = traced(tmp_path, script)
    assert "may be the job" not in json.dumps(document)
    assert "192.0.2.7" not in text


@pytest.mark.parametrize(("terminal", "expected"), [("cron", True), ("tty1", False)])
def test_a_session_that_cron_opened_is_no_way_in_by_itself(tmp_path: Path, terminal: str, expected: bool) -> None:
    """PAM names cron as its terminal; a login at a real one explains what ran."""
    script = Script()
    plants(login(script, 200, 12, 1000, PEER), "/etc/cron.d/upd")
    shell = login(script, 400, 14, 1000, None)
    how = f'op=PAM:session_open acct="kim" exe="/usr/sbin/cron" hostname=? addr=? terminal={terminal} res=success'
    script.message("USER_START", f"pid=400 uid=0 auid=1000 ses=14 msg='{how}'")
    shell.sockets(5)
    shell.connects(5, *OUTSIDE)
    text, _ = traced(tmp_path, script)
    assert (f"{PEER}, whose program at wrote /etc/cron.d/upd" in text) == expected


def test_somebody_is_named_before_a_session_that_nobody_logged_in_to(tmp_path: Path) -> None:
    """A peer that the job contacted ranks first, and the session of cron second: whoever planted the job is the rival."""
    script = Script()
    plants(login(script, 200, 12, 1000, PEER), "/etc/cron.d/upd")
    shell = login(script, 400, 14, 1000, None)
    how = 'op=PAM:session_open acct="kim" exe="/usr/sbin/cron" hostname=? addr=? terminal=cron res=success'
    script.message("USER_START", f"pid=400 uid=0 auid=1000 ses=14 msg='{how}'")
    python = shell.child(410)
    python.execs("/usr/bin/python3", "python3", "-c", "import pty")
    python.sockets(5)
    python.connects(5, *OUTSIDE)
    store = ingested(tmp_path / "s.db", [write_log(tmp_path / "s.log", script.text())])
    code, text = run("backtrack", "--store", store, "--pid", "410", "--wide")
    assert code == 0
    assert f"Way in     {OUTSIDE[0]}:{OUTSIDE[1]}" in text
    assert f"Two candidates: {PEER}, whose program at wrote /etc/cron.d/upd 300." in text
