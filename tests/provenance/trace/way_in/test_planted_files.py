"""Jobs whose table a login changed before, where no record shows that its daemon read it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.ingest.script import O_RDONLY, UNSET, Actor, Script
from tests.provenance.intake.logs import write_log
from tests.provenance.recordings.recordings import ingested, run
from tests.provenance.trace.servers import NEW, OUTSIDE, PEER, server

JOB = "/var/spool/at/a0000601c0ffee"


def login(
    script: Script, pid: int, ses: int, uid: int, address: str | None, shell_line: Sequence[str] = ("/bin/sh", "sh")
) -> Actor:
    """A shell in a session that somebody logged in to, or that a daemon opened."""
    script.message("LOGIN", f"pid={pid} uid=0 old-auid={UNSET} auid={uid} tty=(none) old-ses={UNSET} ses={ses} res=1")
    if address is not None:
        how = (
            f'op=login id={uid} exe="/usr/sbin/sshd" hostname={address} addr={address} terminal=/dev/pts/0 res=success'
        )
        script.message("USER_LOGIN", f"pid={pid} uid=0 auid={uid} ses={ses} msg='{how}'")
    shell = script.process(pid + 1, pid, "sh", "/bin/sh", uid=uid, auid=uid, ses=ses)
    shell.execs(*shell_line)
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


def test_whoever_wrote_the_file_of_a_job_before_is_the_way_in(tmp_path: Path) -> None:
    script = Script()
    plants(login(script, 200, 12, 1000, PEER))
    login(script, 300, 13, 1001, "10.8.0.9")
    job(script)
    text, document = traced(tmp_path, script)
    assert f"Way in     {PEER}," in text and f"{PEER}, whose program at wrote {JOB} 300." in text
    assert "Two candidates: login: session 14" in text and f"Contacted  {OUTSIDE[0]}" in text
    entry = document["entries"][0]  # type: ignore[index]
    assert PEER in entry["reason"] and entry["edge"] is None
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


def test_whoever_planted_a_job_comes_before_the_peer_that_it_contacted(tmp_path: Path) -> None:
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
    assert f"Way in     {PEER}," in text
    assert f"{PEER}, whose program at wrote /etc/cron.d/upd 300." in text


SERVICE, ADMIN = ("203.0.113.80", 40_001), "10.8.0.9"


def exploited(script: Script, path: str) -> None:
    """A peer enters a service, whose program writes a file; then five minutes pass."""
    shop = server(script, 8080)
    shop.accepts(3, 9, *SERVICE)
    shell = shop.forks(600)
    shell.execs("/bin/cp", "cp", "/tmp/.f", path)
    shell.opens(path, NEW, fd=5, created=True)
    script.wait(300_000)


def calls_out(actor: Actor) -> None:
    actor.execs("/usr/bin/socat", "socat", "x")
    actor.sockets(5)
    actor.connects(5, *OUTSIDE)


def in_login(script: Script, address: str | None = ADMIN, uid: int = 1000) -> Actor:
    return login(script, 400, 14, uid, address, ("/bin/bash", "-bash"))


def by_start_file(script: Script) -> None:
    calls_out(in_login(script).child(420))


def by_key(script: Script) -> None:
    calls_out(in_login(script, "192.0.2.99", uid=0).child(420))


def by_preload(script: Script) -> None:
    calls_out(in_login(script).child(420))


def by_script(script: Script) -> None:
    shell = in_login(script).child(420)
    shell.execs("/bin/bash", "bash", "/opt/maint/run.sh")
    calls_out(shell)


def by_module(script: Script) -> None:
    python = in_login(script).child(420)
    python.execs("/usr/bin/python3.11", "python3.11", "-m", "report")
    calls_out(python)


def by_configuration(script: Script) -> None:
    rotate = in_login(script, None, uid=0).child(420)
    rotate.execs("/usr/sbin/logrotate", "logrotate", "-f")
    calls_out(rotate.forks(421))


def by_table(script: Script) -> None:
    calls_out(in_login(script, None, uid=0).child(420))


def by_unit(script: Script) -> None:
    calls_out(script.process(420, 1, "sh", "/bin/sh"))


@pytest.mark.parametrize(
    ("path", "act"),
    [
        ("/home/*/.bashrc", by_start_file),
        ("/etc/profile.d/z.sh", by_start_file),
        ("/root/.ssh/authorized_keys", by_key),
        ("/etc/ld.so.preload", by_preload),
        ("/opt/maint/run.sh", by_script),
        ("/usr/lib/python3/dist-packages/sitecustomize.py", by_module),
        ("/etc/logrotate.d/x", by_configuration),
        ("/var/spool/cron/crontabs/root", by_table),
        ("/etc/systemd/system/upd.service", by_unit),
    ],
)
def test_what_made_an_act_possible_comes_before_it(tmp_path: Path, path: str, act: Callable[[Script], None]) -> None:
    """No record shows who read the file that a service's peer planted."""
    script = Script()
    exploited(script, path.replace("*", "kim"))
    act(script)
    text, _ = traced(tmp_path, script)
    assert f"Way in     {SERVICE[0]}:{SERVICE[1]}" in text, text
    assert f"{SERVICE[0]}:{SERVICE[1]} enters through port 8080 of shopd" in text
    assert "Two candidates" in text and "no record shows what" in text
    assert "socat x" in text.split("Steps", 1)[1]


def test_a_process_without_records_may_be_a_daemon_that_took_a_job(tmp_path: Path) -> None:
    script = Script()
    exploited(script, "/etc/udev/rules.d/99-x.rules")
    calls_out(script.process(420, 410, "sh", "/bin/sh"))
    text, _ = traced(tmp_path, script)
    assert "Way in     pid 410" in text
    assert "Two candidates" in text and "whose program cp wrote /etc/udev/rules.d/99-x.rules" in text


def test_a_rule_of_sudo_makes_its_writer_a_candidate(tmp_path: Path) -> None:
    """The login came about without it, so that its peer stays the first."""
    script = Script()
    exploited(script, "/etc/sudoers.d/90-x")
    sudo = in_login(script).child(420)
    sudo.execs("/usr/bin/sudo", "sudo", "socat", "x")
    calls_out(sudo)
    text, _ = traced(tmp_path, script)
    assert f"Way in     {ADMIN}" in text
    assert f"Two candidates: {SERVICE[0]}:{SERVICE[1]}/tcp, whose program cp wrote /etc/sudoers.d/90-x 300." in text


@pytest.mark.parametrize("case", ["other home", "own login wrote it", "typed later", "reads are recorded"])
def test_files_that_nothing_relied_on_plant_nothing(tmp_path: Path, case: str) -> None:
    script = Script()
    path = "/home/lee/notes" if case == "other home" else "/home/kim/.bashrc"
    if case == "own login wrote it":
        plants(login(script, 200, 12, 1000, "10.8.0.9"), path)
    else:
        exploited(script, path)
    shell = in_login(script)
    if case == "reads are recorded":
        shell.opens("/etc/inputrc", O_RDONLY, fd=4)
    if case == "typed later":
        script.wait(60_000)
    calls_out(shell.child(420))
    text, document = traced(tmp_path, script)
    assert f"Way in     {ADMIN}" in text, text
    assert ("may have relied on it" in json.dumps(document)) == (case == "typed later")


def test_a_peer_that_logged_in_before_needed_no_planted_key(tmp_path: Path) -> None:
    script = Script()
    login(script, 200, 12, 0, ADMIN)
    exploited(script, "/root/.ssh/authorized_keys")
    calls_out(in_login(script, uid=0).child(420))
    text, _ = traced(tmp_path, script)
    assert f"Way in     {ADMIN}" in text
    assert f"Two candidates: {SERVICE[0]}:{SERVICE[1]}/tcp, whose program cp wrote /root/.ssh/authorized_keys" in text
