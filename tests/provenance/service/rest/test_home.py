"""The page at `/`."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from provenance.service.app import create_app
from provenance.service.service import Service
from provenance.service.settings import Graphql, Settings
from provenance.store.interface import Store
from provenance.store.sqlite import SQLiteStore


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.resources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.resources += [value or "" for name, value in attrs if name in {"src", "srcset", "data", "action"}]


@pytest.mark.parametrize("console", [True, False])
def test_the_page_explains_the_first_steps_without_a_token(console: bool, tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "secret-name.db")
    with store.writer():
        pass
    service = Service(store, replace(Settings(), graphql=Graphql(graphiql=console)))
    with TestClient(create_app(service)) as client:
        answer = client.get("/")
        assert answer.status_code == 200
        found = _Links()
        found.feed(answer.text)
        assert found.resources == []
        assert not re.search(r"https?://|@import|url\(", answer.text)
        assert ("/graphql" in found.links) == console
        assert "/readyz" in found.links and "secret-name" not in answer.text
        assert all(client.get(link).status_code == 200 for link in found.links)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert client.head("/").status_code == 200
    store.close()


def test_the_prefix_of_a_proxy_is_escaped(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "case.db")
    with store.writer():
        pass
    with TestClient(create_app(Service(store, Settings())), root_path='/"><script>') as client:
        assert "<script>" not in client.get("/").text
    store.close()


def test_a_program_that_is_not_installed_has_a_page_without_a_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when it runs from its sources: no folder of the interpreter's path records the installation."""
    store = SQLiteStore(tmp_path / "case.db")
    with store.writer():
        pass
    with TestClient(create_app(Service(store, Settings()))) as client:
        assert f"<h1>provenance {version('provenance-graph')}</h1>" in client.get("/").text
        with monkeypatch.context() as patch:
            records = ("provenance_graph*.dist-info", "provenance_graph*.egg-info")
            patch.setattr(
                sys, "path", [one for one in sys.path if not any(any(Path(one).glob(name)) for name in records)]
            )
            answer = client.get("/")
        assert answer.status_code == 200 and "<h1>provenance </h1>" in answer.text
    store.close()


def test_the_description_is_rendered_once(store: Store) -> None:
    """It needs no token: 10,000 requests for it made another client wait for seconds."""
    app = create_app(Service(store, Settings()))
    with TestClient(app) as client:
        first = client.get("/openapi.json")
        app.openapi_schema = {"rendered": "again"}
        assert client.get("/openapi.json").content == first.content
        assert "/alerts" in first.json()["paths"]
