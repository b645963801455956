"""What records say of who came over an accepted connection: account, key, command and the host's own address."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provenance.ingest.deriver import Deriver
from provenance.ingest.facts import Connection
from tests.ingest.script import Actor, Script

PEER, OTHER = "198.51.100.23", "198.51.100.99"
PAM = 'op=PAM:session_open acct="{}" exe="/usr/sbin/sshd" hostname={} addr={} terminal=ssh res={}'


def sshd(script: Script) -> Actor:
    """An sshd that has accepted a connection of PEER, and its child that serves it."""
    listener = script.process(400, comm="sshd", exe="/usr/sbin/sshd")
    listener.sockets(3)
    listener.listens(3, "0.0.0.0", 22)
    listener.accepts(3, 4, PEER, 50000)
    child = listener.forks(500)
    child.execs("/usr/sbin/sshd", "sshd", "-R")
    return child


def login(script: Script, child: Actor, account: str = "deploy", address: str = PEER, result: str = "success") -> Actor:
    script.message("LOGIN", "pid=500 uid=0 old-auid=4294967295 auid=1000 old-ses=4294967295 ses=7 res=1")
    script.message("USER_START", f"pid=500 uid=0 auid=1000 ses=7 msg='{PAM.format(account, address, address, result)}'")
    return replace(child, auid=1000, ses=7)


def visit(script: Script, port: int = 50000) -> dict[str, Any]:
    (found,) = [node.attributes for node in script.facts().nodes.values() if node.attributes.get("port") == port]
    return {name: found[name] for name in ("account", "fingerprint", "requested", "local_ip") if name in found}


def test_the_account_of_a_login_is_that_of_its_connection() -> None:
    script = Script()
    child = sshd(script)
    assert visit(script) == {}
    login(script, child)
    assert visit(script) == {"account": "deploy"}


@pytest.mark.parametrize(("address", "result"), [(OTHER, "success"), (PEER, "failed"), ("?", "success")])
def test_a_login_from_elsewhere_or_a_failed_one_says_nothing(address: str, result: str) -> None:
    script = Script()
    login(script, sshd(script), address=address, result=result)
    assert visit(script) == {}


@pytest.mark.parametrize(
    ("argv", "uid", "expected"),
    [
        (("bash", "-c", "id; ls /srv"), 1000, "id; ls /srv"),
        (("-bash",), 1000, None),
        (("bash", "-c", "id", "x"), 1000, None),
        (("sh", "-c", "/usr/bin/env -i PATH=/bin run-parts --lsbsysinit /etc/update-motd.d > /run/motd"), 1000, None),
        (("sh", "-c", "id"), 0, None),
    ],
)
def test_a_command_is_what_the_accounts_shell_is_given(argv: tuple[str, ...], uid: int, expected: str | None) -> None:
    script = Script()
    service = login(script, sshd(script))
    shell = replace(service.forks(501), uid=uid)
    shell.execs("/bin/bash", *argv)
    assert visit(script).get("requested") == expected


def test_what_a_program_of_the_session_runs_is_no_request() -> None:
    script = Script()
    service = login(script, sshd(script))
    shell = replace(service.forks(501), uid=1000)
    shell.execs("/bin/bash", "-bash")
    shell.forks(502).execs("/bin/sh", "sh", "-c", "id")
    assert visit(script) == {"account": "deploy"}


def test_rhels_sshd_reports_the_key_and_its_own_address() -> None:
    """As openssh-audit.patch of RHEL has it: the peer's port tells which of the peer's connections it is."""
    script = Script()
    child = sshd(script)
    where = f'rport=50000 laddr=10.0.0.20 lport=22 exe="/usr/sbin/sshd" hostname=? addr={PEER} terminal=? res=success'
    script.message("CRYPTO_SESSION", f"pid=500 uid=0 auid=4294967295 ses=4294967295 msg='op=start suid=74 {where}'")
    key = f'op=key algo=ssh-rsa size=2048 fp=SHA256:ab:cd rport=50000 acct="deploy" addr={PEER} res=success'
    script.message("USER_AUTH", f"pid=500 uid=0 auid=4294967295 ses=4294967295 msg='{key}'")
    hosts_key = f"op=destroy kind=server fp=SHA256:ff:00 rport=50000 addr={PEER} res=success"
    script.message("CRYPTO_KEY_USER", f"pid=500 uid=0 auid=4294967295 ses=4294967295 msg='{hosts_key}'")
    assert visit(script) == {"local_ip": "10.0.0.20", "fingerprint": "SHA256:ab:cd", "account": "deploy"}
    assert child.pid == 500


SESSION = "op=start direction=from-server suid=74 rport={} laddr={} lport={} hostname=? addr={} terminal=? res={}"


def without_accept(*sessions: tuple[str, int, str, int], result: str = "success") -> Script:
    """An sshd under rules that record no accept, and what it reports: address and port of the peer, and its own."""
    script = Script()
    service = script.process(500, 400, comm="sshd", exe="/usr/sbin/sshd")
    service.execs("/usr/sbin/sshd", "sshd", "-R")
    for ip, port, own, listening in sessions:
        text = SESSION.format(port, own, listening, ip, result)
        script.message("CRYPTO_SESSION", f"pid=500 uid=0 auid=4294967295 ses=4294967295 msg='{text}'")
    return script


def connections(script: Script) -> set[Connection]:
    """The ends of connections, without the times until which they are known to be open."""
    deriver = Deriver("web01")
    for event in script.parsed():
        deriver.push(event)
    return {end._replace(last=0) for batch in (deriver.take(), deriver.conclude()) for end in batch.connections}


def test_a_session_of_sshd_is_a_connection_whose_accept_is_not_recorded() -> None:
    script = without_accept((PEER, 50000, "10.0.0.20", 22), (PEER, 50000, "10.0.0.20", 22))
    child = script.process(500, 400, comm="sshd", exe="/usr/sbin/sshd")
    shell = login(script, child).forks(501)
    replace(shell, uid=1000).execs("/bin/bash", "bash", "-c", "id; ls /srv")
    facts = script.facts()
    [end] = connections(script)
    assert (end.inbound, end.protocol, end.remote_ip, end.remote_port) == (True, "tcp", PEER, 50000)
    assert (end.local_ip, end.local_port) == ("10.0.0.20", 22)
    assert {flow for flow in facts.flows if f"{PEER}:50000" in flow} == {
        f"tcp {PEER}:50000 -ACCEPTED-> sshd:500",
        f"sshd:500 -SENT-> tcp {PEER}:50000",
    }
    assert visit(script) == {"account": "deploy", "local_ip": "10.0.0.20", "requested": "id; ls /srv"}


@pytest.mark.parametrize(
    "session", [("?", 50000, "10.0.0.20", 22), (PEER, 0, "10.0.0.20", 22), (PEER, 70000, "10.0.0.20", 22)]
)
def test_a_session_without_exact_addresses_is_no_connection(session: tuple[str, int, str, int]) -> None:
    assert connections(without_accept(session)) == set()


def test_a_failed_session_is_no_connection() -> None:
    assert connections(without_accept((PEER, 50000, "10.0.0.20", 22), result="failed")) == set()


def test_a_mapped_address_is_its_ipv4_address() -> None:
    [end] = connections(without_accept(("::ffff:" + PEER, 50000, "::ffff:10.0.0.20", 22)))
    assert (end.remote_ip, end.local_ip) == (PEER, "10.0.0.20")


def test_where_accepts_are_recorded_a_session_adds_no_connection() -> None:
    script = Script()
    sshd(script)
    before = connections(script)
    text = SESSION.format(50000, "10.0.0.20", 22, PEER, "success")
    script.message("CRYPTO_SESSION", f"pid=500 uid=0 auid=4294967295 ses=4294967295 msg='{text}'")
    assert connections(script) == before and len(before) == 1


def test_all_commands_of_a_multiplexed_connection_are_stored() -> None:
    """ssh's ControlMaster: one login and one connection, over which several commands are run."""
    script = Script()
    service = login(script, sshd(script))
    commands = [f"id {number}" for number in range(40)]
    for number, text in enumerate(commands):
        replace(service.forks(600 + number), uid=1000).execs("/bin/bash", "bash", "-c", text)
        (found,) = [node.attributes for node in script.facts().nodes.values() if node.attributes.get("port") == 50000]
        several = commands[: min(number + 1, 32)]
        assert (found["requested"], found.get("commands")) == (commands[0], several if number else None)
