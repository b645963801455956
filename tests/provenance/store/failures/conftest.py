"""A proxy to a server, a server that may be killed, and the contents after a complete ingest."""

from __future__ import annotations

import lzma
import secrets
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from provenance.intake.run import ingest
from provenance.store import open_store
from provenance.store.neo4j import Neo4jStore
from provenance.store.neo4j.address import TIMEOUT
from tests.conftest import ROOT
from tests.provenance.store.failures.commands import Case, Contents, contents_of
from tests.provenance.store.failures.proxy import Proxy
from tests.provenance.store.failures.victim import Victim
from tests.provenance.store.neo4j.servers import Running, running

_PARTS, _LINES = 4, 300


@pytest.fixture
def server() -> Running:
    """The server that all tests share."""
    return running("lts")


@pytest.fixture
def proxy(server: Running) -> Iterator[Proxy]:
    """A proxy to the server, which passes everything on at first."""
    proxy = Proxy(int(server.uri.rpartition(":")[2]))
    yield proxy
    proxy.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The data folder of the server that may be killed."""
    return tmp_path / "home"


@pytest.fixture
def victim(home: Path) -> Iterator[Victim]:
    """A server for one test, not yet started."""
    running("lts")
    victim = Victim(home)
    yield victim
    victim.kill()


@pytest.fixture
def proxy_to_victim(victim: Victim) -> Iterator[Proxy]:
    """A proxy to the server, which passes everything on at first."""
    proxy = Proxy(victim.port)
    yield proxy
    proxy.close()


@pytest.fixture
def victim_case(proxy_to_victim: Proxy, logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    """A case on that server, by the proxy. However slow this machine is, the server answers in time."""
    monkeypatch.setenv(TIMEOUT, "240")
    login = tmp_path / "credentials"
    login.write_text("neo4j\nanything\n", "utf-8")
    return Case(f"bolt://127.0.0.1:{proxy_to_victim.port}?case=hurt", login, logs)


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The beginning of the bundled incident as rotated logs: each file is a batch, to interrupt between batches."""
    folder = tmp_path_factory.mktemp("logs")
    with lzma.open(ROOT / "provenance" / "demo" / "data" / "web01.log.xz") as stream:
        for number in range(_PARTS - 1, -1, -1):
            name = f"audit.log.{number}" if number else "audit.log"
            (folder / name).write_bytes(b"".join(islice(stream, _LINES)))
    return folder


@pytest.fixture(scope="session")
def expected(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Contents:
    """The contents of a store after an ingest without failures."""
    store = open_store(str(tmp_path_factory.mktemp("whole") / "graph.db"))
    ingest(store, [str(logs)])
    contents = contents_of(store)
    store.close()
    return contents


@pytest.fixture
def case(server: Running, proxy: Proxy, logs: Path) -> Iterator[Case]:
    """The address of a new case, by the proxy; it is removed afterwards."""
    name = f"test-{secrets.token_hex(6)}"
    yield Case(f"bolt://127.0.0.1:{proxy.port}?case={name}", server.credentials, logs)
    store = Neo4jStore(f"{server.uri}?case={name}", credentials=server.credentials)
    store.drop()
    store.close()
