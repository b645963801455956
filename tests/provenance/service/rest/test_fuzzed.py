"""Requests generated from the OpenAPI document: none of them causes a server error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from provenance.service.app import create_app
from provenance.service.service import Service
from provenance.service.settings import Settings
from provenance.store import open_store
from tests.provenance.service.conftest import token_for


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[schemathesis.BaseSchema]:
    """The document of a service without workers on an empty store. GraphQL is fuzzed by what knows its language."""
    path: Path = tmp_path_factory.mktemp("fuzzed") / "graph.db"
    store = open_store(str(path))
    with store.writer():
        pass
    app = create_app(Service(store, Settings(workers=0)))
    loaded = schemathesis.openapi.from_asgi("/openapi.json", app)
    loaded.config.headers = {"Authorization": f"Bearer {token_for(store)}"}
    yield loaded.exclude(path_regex="^/graphql")
    store.close()


def test_no_request_causes_a_server_error(api: schemathesis.BaseSchema) -> None:
    operations = []
    for found in api.get_all_operations():
        assert isinstance(found, Ok), found
        operations.append(found.ok())
    assert len(operations) >= 8

    for operation in operations:
        modes = [GenerationMode.POSITIVE] + [GenerationMode.NEGATIVE] * bool(operation.query or operation.body)
        strategies = [operation.as_strategy(generation_mode=mode) for mode in modes]

        @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(case=st.one_of(strategies))
        def ask(case: schemathesis.Case[Any]) -> None:
            answer = case.call()
            assert answer.status_code < 500, (case.method, case.path, answer.text)

        ask()
