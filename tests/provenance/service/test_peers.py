"""Names under which the service is requested, and proxies: a hostile page in a browser, and headers that anybody can write."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from provenance.errors import UsageError
from provenance.service.peers import allowed_names, is_allowed, trusted_proxies
from provenance.service.settings import Settings
from provenance.store.interface import Store
from tests.provenance.service.conftest import Place, token_for
from tests.provenance.service.running import Running, serving

NAMES = frozenset(("localhost", "soc.example.org"))
GOOD = [
    "localhost",
    "LocalHost:8080",
    "127.0.0.1:1",
    "192.0.2.7",
    "[::1]:8080",
    "[::1]",
    "soc.example.org.",
    "soc.example.org:",
]
BAD = [
    "",
    "evil.example",
    "localhost.evil.example",
    "evil.example:8080",
    "soc.example.org:80:80",
    "soc.example.org@evil.example",
    "127.0.0.1.evil.example",
    "[::1].evil.example",
    "[::1]:8080x",
    "[localhost]",
    "::1:x",
    "localhost\x00",
    "localhost evil.example",
    "xn--lcalhost-0wf",
]


@pytest.mark.parametrize("host", GOOD)
def test_a_known_name_or_an_address_is_allowed(host: str) -> None:
    assert is_allowed(host, NAMES)


@pytest.mark.parametrize("host", BAD)
def test_any_other_name_is_not(host: str) -> None:
    assert not is_allowed(host, NAMES)


def test_the_names_of_the_settings_are_added() -> None:
    names = allowed_names(Settings(hosts="SOC.example.org , prov", bind="203.0.113.5"))
    assert {"soc.example.org", "prov", "localhost", "203.0.113.5"} <= names


@pytest.mark.parametrize("hosts", ["a b", "soc:8080", "*", "https://soc", "a..b"])
def test_an_invalid_name_is_an_error(hosts: str) -> None:
    with pytest.raises(UsageError, match="hosts: invalid name"):
        allowed_names(Settings(hosts=hosts))


@pytest.mark.parametrize("proxies", ["*", "proxy", "10.1.0.0/99", "10.1.0.1/16"])
def test_an_invalid_proxy_is_an_error(proxies: str) -> None:
    with pytest.raises(UsageError, match="proxies: invalid address"):
        trusted_proxies(Settings(proxies=proxies))
    assert trusted_proxies(Settings(proxies="10.1.0.0/16, ::1")) == ["10.1.0.0/16", "::1"]


def clients(running: Running) -> list[str]:
    """The clients of the audit trail."""
    found = [json.loads(line) for line in running.log.read_text("utf-8").splitlines()]
    return [record["client"] for record in found if record["logger"] == "provenance.audit"]


def test_a_name_that_an_attacker_points_at_this_machine_is_refused(store: Store, place: Place, tmp_path: Path) -> None:
    evil, settings = {"Host": "evil.example"}, {"PROVENANCE_SERVICE_HOSTS": "soc.example.org"}
    with serving(place.address, tmp_path, token_for(store), settings) as running:
        client = running.client
        for path in ("/", "/alerts", "/metrics", "/graphql", "/openapi.json"):
            assert client.get(path, headers=evil).status_code == 421
        assert client.get("/healthz", headers=evil).status_code == 200
        assert client.get("/alerts", headers={"Host": "soc.example.org"}).status_code == 200
        port = client.base_url.port
        assert port is not None
        with pytest.raises(InvalidStatus), _connect(port, "evil.example"):
            pass
        with _connect(port, "soc.example.org"):
            pass


def _connect(port: int, name: str) -> ClientConnection:
    """A websocket to this machine under another name, as a browser opens it when the name's address has changed."""
    protocol = Subprotocol("graphql-transport-ws")
    return connect(f"ws://{name}/graphql", sock=socket.create_connection(("127.0.0.1", port)), subprotocols=[protocol])


def test_only_a_configured_proxy_names_the_client(store: Store, place: Place, tmp_path: Path) -> None:
    """Without one, a header of the client would choose what the audit trail says, and who is on loopback."""
    forged = {"X-Forwarded-For": "203.0.113.66"}
    with serving(place.address, tmp_path, token_for(store)) as running:
        assert running.client.get("/alerts", headers=forged).status_code == 200
        assert clients(running) == ["127.0.0.1"]
        bare = httpx.Client(base_url=running.client.base_url)
        assert bare.get("/metrics").status_code == 200
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
            assert bare.get("/metrics", headers={header: "127.0.0.1"}).status_code == 401
    with serving(place.address, tmp_path, token_for(store), {"PROVENANCE_SERVICE_PROXIES": "127.0.0.1"}) as running:
        assert running.client.get("/alerts", headers=forged).status_code == 200
        assert clients(running) == ["203.0.113.66"]
