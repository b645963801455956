"""After the client or the server was killed, the repeated command completes the same graph."""

from __future__ import annotations

from neo4j import GraphDatabase

from tests.provenance.store.failures.commands import Case, Contents
from tests.provenance.store.failures.proxy import MIDDLE, Proxy
from tests.provenance.store.failures.victim import Victim


def test_a_killed_client(case: Case, proxy: Proxy, expected: Contents) -> None:
    with case.ingest() as command:
        proxy.break_after(MIDDLE, command.kill)
        command.communicate()
    assert proxy.broke.is_set() and command.returncode == -9
    assert case.complete_ingest() == expected


def test_a_killed_server(victim: Victim, victim_case: Case, proxy_to_victim: Proxy, expected: Contents) -> None:
    """Twice: while it made a constraint, which leaves an index of its name, and in the middle of the log."""
    victim.start()
    with GraphDatabase.driver(f"bolt://127.0.0.1:{victim.port}") as driver:
        driver.execute_query("CREATE INDEX prov_blind FOR (n:Blind) ON (n.case, n.key)", database_="neo4j")
    proxy_to_victim.break_after(MIDDLE, victim.kill)
    assert victim_case.error_of(victim_case.ingest()).startswith("cannot be reached")
    assert proxy_to_victim.broke.is_set()
    victim.start()
    assert 0 < victim_case.contents().lines < expected.lines
    assert victim_case.complete_ingest() == expected
