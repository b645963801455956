"""Sessions that sshd reports, and keys: what they add to a join."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance.cli.main import main
from provenance.fleet import Request, Signs, Visit, join
from provenance.ingest.deriver import Deriver
from provenance.ingest.facts import Connection
from provenance.store import open_store
from tests.ingest.script import Script
from tests.provenance.fleet.test_clocks_apart import CLIENT, SERVER
from tests.provenance.fleet.test_signs import HOSTS, confidence, ends_of

KEY = "SHA256:ab:cd"
SESSION = "op=start rport=50000 laddr={} lport=22 addr={} res=success"
LOGGED_IN = 'op=key algo=ssh-ed25519 fp={} rport=50000 acct="deploy" addr={} res=success'


def client_log(script: Script | None = None) -> Script:
    script = script or Script(node="a")
    client = script.process(300, comm="bash")
    client.execs("/usr/bin/ssh", "ssh", "-l", "deploy", "b")
    client.sockets(3)
    client.connects(3, SERVER, 22)
    return script


def server_log(
    reported: bool = True, node: str = "b", server: str = SERVER, client: str = CLIENT, ms: int | None = None
) -> Script:
    """An sshd under rules that record no accept."""
    script = Script(node=node, ms=ms or client_log().ms)
    service = script.process(500, 400, comm="sshd", exe="/usr/sbin/sshd")
    service.execs("/usr/sbin/sshd", "sshd", "-R")
    if reported:
        script.message("CRYPTO_SESSION", f"pid=500 uid=0 auid=4294967295 msg='{SESSION.format(server, client)}'")
    script.message("USER_AUTH", f"pid=500 uid=0 auid=4294967295 msg='{LOGGED_IN.format(KEY, client)}'")
    return script


def connections(*scripts: Script) -> list[Connection]:
    found: list[Connection] = []
    for script in scripts:
        deriver = Deriver(script.node or "")
        for event in script.parsed():
            deriver.push(event)
        for batch in (deriver.take(), deriver.conclude()):
            found += batch.connections
    return found


@pytest.mark.parametrize(("reported", "expected"), [(True, 0.95), (False, 0.0)])
def test_a_reported_session_joins_hosts_whose_accepts_are_not_recorded(reported: bool, expected: float) -> None:
    """The session names the server's own address, so that with the client's both are known."""
    joined = join(connections(client_log(), server_log(reported)), {"a": (CLIENT,)})
    assert confidence(joined) == expected
    assert joined.addresses.get("b", ()) == ((SERVER,) if reported else ())


@pytest.mark.parametrize(
    ("request_", "hosts", "expected", "evidence"),
    [
        (None, "ab", 0.562, [f"key {KEY}"]),
        (None, "b", 0.3, None),
        (None, "bc", 0.3, None),
        (Request("deploy", None), "ab", 0.837, [f"key {KEY}", "account deploy"]),
    ],
)
def test_a_key_that_logged_in_to_the_clients_host_too_is_evidence(
    request_: Request | None, hosts: str, expected: float, evidence: list[str] | None
) -> None:
    requests = {1000: request_} if request_ is not None else {}
    signs = Signs(requests, {200: Visit("deploy", fingerprint=KEY)}, {KEY: frozenset(hosts)})
    joined = join(ends_of([0]), HOSTS, signs=signs)
    assert confidence(joined) == pytest.approx(expected, abs=0.001)
    assert all((flow.detail or {}).get("evidence") == evidence for flow in joined.flows)


def test_the_keys_of_a_store_are_compared(tmp_path: Path) -> None:
    """The administrator of host a, who came there with a key, goes on to host b with the same key."""
    client = client_log(server_log(node="a", server=CLIENT, client="10.0.0.5"))
    log = tmp_path / "audit.log"
    log.write_bytes(client.text() + server_log(ms=client.ms).text())
    store = str(tmp_path / "case.db")
    assert main(["ingest", "--store", store, str(log)]) == 0
    opened = open_store(store)
    try:
        details = [flow.detail or {} for flow in opened.all_flows() if flow.kind.name == "REACHED"]
    finally:
        opened.close()
    assert details and all(detail["evidence"] == [f"key {KEY}", "account deploy"] for detail in details)
