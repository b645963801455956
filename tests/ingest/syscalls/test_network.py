"""Sockets: sequences of calls."""

from __future__ import annotations

import pytest

from tests.ingest import addresses
from tests.ingest.script import CHARACTER, Script

PEER, OTHER = "198.51.100.7", "2001:db8::9"


def test_a_mapped_address_is_ipv4() -> None:
    script = Script()
    sh = script.process(100)
    sh.sockets(3, domain=10)
    record = ("SOCKADDR", f"saddr={addresses.mapped(PEER, 443)}")
    sh.call("connect", 3, 0, 28, records=(record,))
    sh.sockets(4)
    sh.connects(4, PEER, 443)
    assert {flow for flow in script.facts().flows if "CONNECTED" in flow} == {f"sh:100 -CONNECTED-> tcp {PEER}:443"}


def test_ipv6() -> None:
    script = Script()
    sh = script.process(100)
    sh.sockets(3, domain=10)
    sh.connects(3, OTHER, 22)
    assert f"sh:100 -CONNECTED-> tcp {OTHER}:22" in script.facts().flows


@pytest.mark.parametrize(("exit", "goes_on"), [(0, True), (-115, True), (-4, True), (-111, False), (-110, False)])
def test_which_connects_are_connections(exit: int, goes_on: bool) -> None:
    script = Script()
    sh = script.process(100)
    sh.sockets(3)
    sh.connects(3, PEER, 443, exit=exit)
    assert bool(script.facts().flows) is goes_on


def test_a_second_connect_shows_that_the_first_succeeded() -> None:
    script = Script()
    sh = script.process(100)
    sh.sockets(3)
    sh.connects(3, PEER, 443, exit=-115)
    sh.connects(3, PEER, 443)
    sh.closes(3)
    spans = script.facts().spans[f"sh:100 -CONNECTED-> tcp {PEER}:443"]
    assert (spans[0][0], spans[-1][1]) == (2, 4)


def test_both_ends_of_a_connection_are_reported_for_the_join() -> None:
    script = Script()
    sh = script.process(100, comm="httpd")
    sh.listens(3, "192.0.2.1", 80)
    sh.accepts(3, 4, PEER, 40000)
    sh.sockets(5)
    sh.call("bind", 5, 0, 16, records=(("SOCKADDR", f"saddr={addresses.internet('192.0.2.1', 5555)}"),))
    sh.connects(5, PEER, 443)
    ends = {
        (end.inbound, end.protocol, end.remote_ip, end.remote_port, end.local_ip, end.local_port)
        for end in script.facts().oracle.connections.values()
    }
    assert ends == {
        (True, "tcp", PEER, 40000, "192.0.2.1", 80),
        (False, "tcp", PEER, 443, "192.0.2.1", 5555),
    }


def test_a_reverse_shell() -> None:
    """Connect, dup to 0-2, exec: the shell holds the connection that the program before it made."""
    script = Script()
    python = script.process(100, comm="python")
    python.sockets(3)
    python.connects(3, PEER, 4444)
    for fd in (0, 1, 2):
        python.dups(3, fd)
    python.execs("/bin/bash")
    assert script.facts().spans == {
        f"python:100 -CONNECTED-> tcp {PEER}:4444": [(2, 6)],
        f"tcp {PEER}:4444 -RECEIVED-> python:100": [(2, 6)],
        "python:100 -EXECUTED-> bash:100": [(6, 6)],
        "/bin/bash -LOADED-> bash:100": [(6, 6)],
        f"bash:100 -SENT-> tcp {PEER}:4444": [(6, 6)],
        f"tcp {PEER}:4444 -RECEIVED-> bash:100": [(6, 6)],
    }


def test_a_local_socket_connects_client_and_server() -> None:
    script = Script()
    server = script.process(100, comm="dockerd")
    server.sockets(3, domain=1)
    bound = ("SOCKADDR", f"saddr={addresses.local('/run/docker.sock')}")
    server.call("bind", 3, 0, 110, records=(bound,), paths=(script.path("/run/docker.sock", "CREATE", mode="0140755"),))
    server.call("listen", 3, 10)
    client = script.process(200, comm="docker")
    client.sockets(3, domain=1)
    client.connects_unix(3, "/run/docker.sock")
    server.call("accept4", 3, 0, 0, 0, exit=4, records=(("SOCKADDR", f"saddr={addresses.local('')}"),))
    assert {
        "docker:200 -CONNECTED-> unix /run/docker.sock",
        "unix /run/docker.sock -ACCEPTED-> dockerd:100",
        "dockerd:100 -SENT-> unix /run/docker.sock",
        "unix /run/docker.sock -RECEIVED-> docker:200",
    } <= script.facts().flows


def test_a_local_name_is_relative_to_the_working_directory() -> None:
    script = Script()
    sh = script.process(100)
    sh.sockets(3, domain=1)
    record = ("SOCKADDR", f"saddr={addresses.local('agent')}")
    sh.call("connect", 3, 0, 110, records=(record,), paths=(script.path("agent", mode="0140755"),))
    assert "sh:100 -CONNECTED-> unix /home/agent" in script.facts().flows


def test_an_abstract_name_is_no_path() -> None:
    script = Script()
    sh = script.process(100)
    sh.sockets(3, domain=1)
    sh.connects_unix(3, "@/tmp/dbus-x")
    assert "sh:100 -CONNECTED-> unix @/tmp/dbus-x" in script.facts().flows


def test_netlink_and_unnamed_sockets_lead_nowhere() -> None:
    script = Script()
    sh = script.process(100)
    sh.sockets(3, domain=16, type=3)
    sh.call("connect", 3, 0, 12, records=(("SOCKADDR", f"saddr={addresses.netlink()}"),))
    sh.call("sendto", 3, 0, 20, exit=20, records=(("SOCKADDR", f"saddr={addresses.netlink()}"),))
    sh.sockets(4, domain=1)
    sh.call("connect", 4, 0, 2, records=(("SOCKADDR", "saddr=0100"),))
    assert script.facts().flows == set()


def test_an_answer_may_come_until_the_socket_is_closed() -> None:
    script = Script()
    sh = script.process(100)
    sh.sockets(3, type=2)
    sh.sends_to(3, PEER, 53)
    script.process(200).opens("/x")
    sh.closes(3)
    spans = script.facts().spans
    assert spans[f"sh:100 -CONNECTED-> udp {PEER}:53"] == [(2, 2)]
    assert spans[f"udp {PEER}:53 -RECEIVED-> sh:100"] == [(2, 4)]


def test_an_answer_may_come_until_another_program_runs() -> None:
    script = Script()
    sh = script.process(100)
    sh.forks(150)
    sh.sockets(3, type=2)
    sh.sends_to(3, PEER, 53)
    sh.execs("/bin/true")
    assert script.facts().spans[f"udp {PEER}:53 -RECEIVED-> sh:100"] == [(3, 4)]


def test_a_datagram_to_another_address_goes_there() -> None:
    """The address of the call wins over that of connect."""
    script = Script()
    sh = script.process(100)
    sh.sockets(3, type=2)
    sh.connects(3, PEER, 53)
    sh.sends_to(3, OTHER, 53)
    assert f"sh:100 -CONNECTED-> udp {OTHER}:53" in script.facts().flows


def test_a_socket_older_than_the_log_is_known_by_its_connect() -> None:
    """Opened before the log began: the address of a connect is enough."""
    script = Script()
    script.process(100).connects(7, PEER, 443)
    assert f"sh:100 -CONNECTED-> ip {PEER}:443" in script.facts().flows


def test_connect_on_the_number_of_a_file_is_a_new_socket() -> None:
    """Under rules without socket and close, all that shows a number's second life is what it is used for."""
    for mode, name in (("0100644", "/etc/hosts"), (CHARACTER, "/dev/null")):
        script = Script()
        sh = script.process(100)
        sh.opens(name, fd=3, mode=mode, rdev="01:03" if mode == CHARACTER else "00:00")
        child = sh.forks(101)
        child.connects(3, PEER, 443)
        found = {flow for flow in script.facts().flows if PEER in flow}
        assert f"sh:101 -CONNECTED-> ip {PEER}:443" in found
        assert not [flow for flow in found if "sh:100" in flow]


def test_a_second_peer_at_a_number_is_another_socket() -> None:
    """A connected stream cannot be connected anew (EISCONN): without a record of socket the number was used again,
    and who shared the old socket has no part in the new connection."""
    script = Script()
    sh = script.process(100)
    sh.connects_unix(4, "/run/nscd/socket")
    child = sh.forks(101)
    child.execs("/usr/bin/curl")
    child.connects(4, PEER, 443)
    found = {flow for flow in script.facts().flows if PEER in flow}
    assert f"curl:101 -CONNECTED-> ip {PEER}:443" in found
    assert not [flow for flow in found if "sh:100" in flow]
