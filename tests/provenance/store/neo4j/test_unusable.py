"""Unusable servers, databases and cases: one line that names the store, and the exit code (docs/interface.md)."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from provenance.errors import StoreError, StoreTooNew, StoreUnreachable
from provenance.ingest.facts import Batch
from provenance.store import open_store
from provenance.store.interface import Store
from provenance.store.neo4j import Neo4jStore, schema
from provenance.store.neo4j.address import PASSWORD, USER, Credentials, parse
from provenance.store.neo4j.server import Server
from tests.provenance.store.neo4j.servers import Running


def read(store: Store) -> object:
    return store.hosts()


def write(store: Store) -> object:
    with store.writer() as writer:
        writer.apply(Batch("web01"))
    return None


def error_of(store: Store, act: Callable[[Store], object], kind: type[StoreError] = StoreUnreachable) -> str:
    with pytest.raises(kind) as caught:
        act(store)
    store.close()
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.exit_code == (2 if kind is StoreTooNew else 3)
    return message


both = pytest.mark.parametrize("act", [read, write])


@both
def test_a_wrong_password(server: Running, tmp_path: Path, act: Callable[[Store], object]) -> None:
    file = tmp_path / "credentials"
    file.write_text("neo4j\nnot the password\n", encoding="utf-8")
    message = error_of(open_store(server.uri, credentials=file), act)
    assert message.startswith(f"{server.uri}: the server rejects user neo4j: wrong user or password")
    assert "not the password" not in message


@both
def test_no_password(server: Running, monkeypatch: pytest.MonkeyPatch, act: Callable[[Store], object]) -> None:
    monkeypatch.delenv(USER, raising=False)
    monkeypatch.delenv(PASSWORD, raising=False)
    assert f"set {USER} and {PASSWORD}" in error_of(open_store(server.uri), act)


@both
def test_no_such_database(server: Running, act: Callable[[Store], object]) -> None:
    message = error_of(open_store(f"{server.uri}/elsewhere", credentials=server.credentials), act)
    assert message.startswith(f"{server.uri}/elsewhere: database elsewhere does not exist")


@both
def test_no_server(act: Callable[[Store], object]) -> None:
    assert error_of(open_store("bolt://127.0.0.1:1"), act).startswith("bolt://127.0.0.1:1: cannot be reached")


@pytest.fixture
def stranger() -> Iterator[int]:
    """The port of a server that does not speak Bolt."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(64)
                    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


@both
def test_a_foreign_server(stranger: int, act: Callable[[Store], object]) -> None:
    assert error_of(open_store(f"bolt://127.0.0.1:{stranger}"), act).startswith(f"bolt://127.0.0.1:{stranger}: ")


@pytest.mark.parametrize("scheme", ["bolt+s", "bolt+ssc", "neo4j+s", "neo4j+ssc"])
def test_a_server_that_does_not_encrypt(server: Running, scheme: str) -> None:
    address = server.uri.replace("bolt", scheme)
    message = error_of(open_store(address, credentials=server.credentials), read)
    assert message.startswith(f"{address}: cannot be reached with encryption, which +s in the address asks for")


def test_a_scheme_in_capitals_is_the_same(server: Running, store: Neo4jStore, address: str) -> None:
    write(store)
    capitals = address.replace("bolt://", "BOLT://")
    with closing(open_store(capitals, create=False, credentials=server.credentials)) as same:
        assert [summary.host for summary in same.hosts()] == ["web01"]


def test_a_missing_case(store: Neo4jStore, address: str) -> None:
    message = error_of(store, read)
    assert f"at {address}; `provenance ingest --store {address} LOG...` creates it" in message


def test_a_newer_schema(store: Neo4jStore, server: Running, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stamp has a name for this test only: other tests use the database concurrently."""
    write(store)
    monkeypatch.setattr(schema, "APPLICATION", f"provenance-{secrets.token_hex(6)}")
    lines = server.credentials.read_text(encoding="utf-8").splitlines()
    link = Server(parse(address), Credentials(*lines))
    link.run_auto_commit("schema/stamp", application=schema.APPLICATION, version=1000)
    link.close()
    for act in (read, write):
        fresh = Neo4jStore(address, credentials=server.credentials)
        assert "newer version of this program (schema 1000;" in error_of(fresh, act, StoreTooNew)
