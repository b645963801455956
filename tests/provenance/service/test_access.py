"""Tokens: what each scope allows, and what a store holds of a token."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import anyio
import httpx
import pytest
from fastapi import APIRouter, Depends
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from provenance.errors import NothingFound, UsageError
from provenance.service.access import require
from provenance.service.app import create_app
from provenance.service.auth import tokens
from provenance.service.auth.rates import Rates
from provenance.service.auth.tokens import Principal, Scope
from provenance.service.rest import limits
from provenance.service.service import Service
from provenance.store import open_store
from provenance.store.interface import Store

NOW = 1_795_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store(str(tmp_path / "graph.db"))
    with store.writer():
        pass
    return store


def client(service: Service, peer: str = "testclient") -> TestClient:
    app = create_app(service)
    router = APIRouter()

    @router.get("/of/{name}")
    def of(name: str, who: Principal = Depends(require("read"))) -> str:  # noqa: B008
        return who.name

    app.include_router(router)
    return TestClient(app, client=(peer, 1), raise_server_exceptions=False)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def make(store: Store) -> Callable[..., str]:
    return lambda *scopes: tokens.create(store.documents(), scopes or (Scope.READ,), "test", NOW)


def test_requests_need_a_token(store: Store, make: Callable[..., str]) -> None:
    asking = client(Service(store))
    token = make()
    assert asking.get("/of/x", headers=bearer(token)).json() == f"token {token.split('_')[1]}"
    for header in (
        "",
        "Bearer",
        "Bearer ",
        f"Basic {token}",
        token,
        f"Bearer {token}x",
        f"Bearer {token[:-1]}",
        "Bearer a.b.c",
    ):
        answer = asking.get("/of/x", headers={"Authorization": header})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), header
    assert asking.get("/of/x").status_code == 401
    assert asking.get("/of/x", headers=bearer(f"prov_{'0' * 16}_{token.rpartition('_')[2]}")).status_code == 401


def test_scopes_are_enforced_and_admin_includes_all(store: Store, make: Callable[..., str]) -> None:
    asking = client(Service(store))
    assert asking.get("/of/x", headers=bearer(make(Scope.ALERT, Scope.INGEST))).status_code == 403
    assert asking.get("/of/x", headers=bearer(make(Scope.ADMIN))).status_code == 200


def test_a_revoked_token_is_rejected(store: Store, make: Callable[..., str]) -> None:
    asking, token = client(Service(store)), make()
    assert tokens.any_active(store.documents())
    id = token.split("_")[1]
    tokens.revoke(store.documents(), id)
    tokens.revoke(store.documents(), id)
    assert asking.get("/of/x", headers=bearer(token)).status_code == 401
    assert not tokens.any_active(store.documents())
    (listed,) = tokens.tokens(store.documents())
    assert (listed.id, listed.name, listed.scopes, listed.created, listed.revoked) == (
        *(id, "test", frozenset({Scope.READ}), NOW, True),
    )
    with pytest.raises(NothingFound):
        tokens.revoke(store.documents(), "0" * 16)


def test_no_secret_is_in_the_store(store: Store, make: Callable[..., str], tmp_path: Path) -> None:
    secret = make().split("_", 2)[2]  # the secret may hold "_" itself
    assert all(secret not in str(page.body) for page in store.documents().page(tokens.KIND))
    assert all(secret.encode() not in file.read_bytes() for file in tmp_path.iterdir())


def test_a_token_with_too_many_requests_is_limited(store: Store, make: Callable[..., str]) -> None:
    now = [0.0]
    asking = client(Service(store, rates=Rates(60, lambda: now[0])))
    token, other = make(), make()
    codes = [asking.get("/of/x", headers=bearer(token)).status_code for _ in range(62)]
    assert codes == [200] * 60 + [429] * 2
    limited = asking.get("/of/x", headers=bearer(token))
    assert limited.headers["retry-after"] == "1"
    assert asking.get("/of/x", headers=bearer(other)).status_code == 200
    now[0] += 1.01
    assert asking.get("/of/x", headers=bearer(token)).status_code == 200


def test_health_needs_no_token_and_metrics_none_on_loopback(store: Store, make: Callable[..., str]) -> None:
    local, remote = client(Service(store), "127.0.0.1"), client(Service(store), "203.0.113.9")
    for asking in (local, remote):
        assert asking.get("/healthz").json() == {"status": "ok"}
        assert asking.get("/readyz").json() == {"status": "ok"}
    assert "provenance_alerts" in local.get("/metrics").text
    assert remote.get("/metrics").status_code == 401
    assert remote.get("/metrics", headers=bearer(make())).status_code == 200
    assert remote.get("/metrics", headers=bearer(make(Scope.ALERT))).status_code == 403


def test_a_store_that_is_gone_is_not_ready_and_accepts_no_alert(
    store: Store, make: Callable[..., str], tmp_path: Path
) -> None:
    """SQLite goes on writing into a file that has no name any more."""
    headers = bearer(make(Scope.ALERT))
    alert = {"source": "s", "id": "1", "title": "t", "time": "2026-11-24T03:28:58Z"}
    place, away = tmp_path / "graph.db", tmp_path / "away.db"
    for other in (None, b"", away):
        service = Service(open_store(str(place)))
        asking = client(service)
        assert asking.get("/readyz").json() == {"status": "ok"}
        place.rename(away)
        if isinstance(other, bytes):
            place.write_bytes(other)
        elif other is not None:
            shutil.copy(other, place)
        assert client(service).get("/readyz").status_code == 503
        assert asking.post("/alerts", json=alert, headers=headers).status_code == 503
        away.rename(place)
        assert client(service).get("/readyz").json() == {"status": "ok"}
        assert asking.post("/alerts", json=alert, headers=headers).status_code in {200, 202}


def test_a_store_on_a_full_disk_is_not_ready(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a disk")
    try:
        store = open_store(str(disk / "graph.db"))
        with store.writer():
            pass
        assert client(Service(store)).get("/readyz").json() == {"status": "ok"}
        with (disk / "filler").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - (1 << 20))
        assert client(Service(store)).get("/readyz").status_code == 503
        store.close()
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_health_needs_no_thread_of_others(store: Store) -> None:
    free = threading.Event()

    async def asked() -> list[int]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = 1
        occupied = asyncio.ensure_future(anyio.to_thread.run_sync(free.wait))
        transport = httpx.ASGITransport(create_app(Service(store)))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as asking:
            codes = [(await asking.get(path)).status_code for path in ("/healthz", "/readyz")]
        assert not occupied.done()
        free.set()
        await occupied
        return codes

    assert asyncio.run(asked()) == [200, 200]


def test_health_is_answered_when_as_many_requests_as_allowed_are(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.MOST, "http", 0)
    monkeypatch.setitem(limits.MOST, "websocket", 0)
    asking = client(Service(store))
    assert [asking.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]
    refused = asking.get("/of/x")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    with pytest.raises(WebSocketDisconnect) as closed, asking.websocket_connect("/graphql"):
        pass
    assert closed.value.code == 1013


def test_an_unavailable_store_is_reported_without_its_address(tmp_path: Path) -> None:
    asking = client(Service(open_store(str(tmp_path / "gone.db"))))
    assert asking.get("/readyz").status_code == 503
    answer = asking.get("/of/x", headers=bearer(f"prov_{'0' * 16}_{'a' * 43}"))
    assert answer.status_code == 503
    assert "gone.db" not in answer.text


def test_scopes_have_names() -> None:
    assert tokens.scopes("read, alert") == {Scope.READ, Scope.ALERT}
    for text in ("", "reed", "read,,alert"):
        with pytest.raises(UsageError):
            tokens.scopes(text)


def test_metrics_of_a_store_that_cannot_be_read_are_refused(store: Store, tmp_path: Path) -> None:
    asking = client(Service(store), "127.0.0.1")
    assert asking.get("/metrics").status_code == 200
    with closing(sqlite3.connect(tmp_path / "graph.db")) as other:
        other.execute("ALTER TABLE document RENAME TO lost")
    answer = asking.get("/metrics")
    assert (answer.status_code, answer.json()["detail"]) == (503, "the store cannot be read")
