"""Two concurrent writers of the logs of two hosts, into one case and into two; and two writers in a deadlock."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance.intake.run import ingest
from provenance.store import open_store
from provenance.store.neo4j import Neo4jStore
from provenance.store.neo4j.address import credentials, parse
from provenance.store.neo4j.server import Run, Server
from tests.provenance.store.failures.commands import Case, Contents, contents_of
from tests.provenance.store.neo4j.servers import Running

HOSTS = ("web01", "web02")


@pytest.fixture
def hosts(logs: Path, tmp_path: Path) -> dict[str, Path]:
    """The same log of two hosts, so that both writers name the same endpoints, paths and commands in the same order."""
    folders = {host: tmp_path / host for host in HOSTS}
    for host, folder in folders.items():
        folder.mkdir()
        for log in logs.iterdir():
            content = log.read_bytes().replace(b"node=web01 ", b"node=%b " % host.encode())
            (folder / log.name).write_bytes(content)
    return folders


def sequentially(folder: Path, *logs: Path) -> Contents:
    """The contents of a store after logs were ingested one after the other."""
    store = open_store(str(folder / f"{secrets.token_hex(4)}.db"))
    for log in logs:
        ingest(store, [str(log)])
    contents = contents_of(store)
    store.close()
    return contents


def concurrently(*cases: Case) -> None:
    """Ingest into all cases concurrently."""
    commands = [case.ingest() for case in cases]
    output = [command.communicate()[1] for command in commands]
    assert [command.returncode for command in commands] == [0] * len(commands), output


@pytest.fixture
def addresses(server: Running) -> Iterator[list[str]]:
    """Two cases of one database."""
    names = [f"{server.uri}?case=test-{secrets.token_hex(6)}" for _ in HOSTS]
    yield names
    for name in names:
        store = Neo4jStore(name, credentials=server.credentials)
        store.drop()
        store.close()


def test_into_one_case(server: Running, addresses: list[str], hosts: dict[str, Path], tmp_path: Path) -> None:
    cases = [Case(addresses[0], server.credentials, folder) for folder in hosts.values()]
    concurrently(*cases)
    assert cases[0].contents() == sequentially(tmp_path, *hosts.values())


def test_into_a_case_each(server: Running, addresses: list[str], hosts: dict[str, Path], tmp_path: Path) -> None:
    cases = [Case(name, server.credentials, hosts[host]) for name, host in zip(addresses, HOSTS, strict=True)]
    concurrently(*cases)
    for case in cases:
        assert case.contents() == sequentially(tmp_path, case.logs)


def test_writers_in_a_deadlock_both_succeed(server: Running) -> None:
    """The server ends one of the transactions; the driver repeats it."""
    name = secrets.token_hex(6)
    locks = (f"test/{name}/a", f"test/{name}/b")
    both = threading.Barrier(2)
    calls: list[str] = []
    link = Server(parse(server.uri), credentials(server.credentials))

    def write(first: str, second: str) -> None:
        def work(run: Run) -> None:
            calls.append(first)
            run("schema/lock", name=first)
            if calls.count(first) == 1:
                both.wait(60)
            run("schema/lock", name=second)

        link.write(work)

    threads = [threading.Thread(target=write, args=order) for order in (locks, locks[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    link.close()
    assert len(calls) > 2 and set(calls) == set(locks)
