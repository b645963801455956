"""Settings: the file, the environment that overrides it, and messages that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance.errors import InputError, UsageError
from provenance.service.settings import Settings, load


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "serve.toml"
    file.write_text(text, "utf-8")
    return file


def test_without_settings_the_defaults_apply() -> None:
    assert load(None, {"PATH": "x", "PROVENANCE_STORE": "y"}) == Settings()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        'workers = 3\nrequest_s = 5\n[jwt]\nissuer = "https://a"\n[graphql]\ngraphiql = true\n[outgoing]\nx = 1',
    )
    found = load(file, {"PROVENANCE_SERVICE_WORKERS": "4", "PROVENANCE_SERVICE_JWT_AUDIENCE": "b"})
    assert (found.workers, found.request_s, found.jwt.issuer, found.jwt.audience) == (4, 5.0, "https://a", "b")
    assert found.graphql.graphiql and not found.graphql.introspection
    assert found.outgoing == {"x": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("worker = 1", "unknown setting worker"),
        ("[jwt]\nissue = 'x'", "unknown setting jwt.issue"),
        ("workers = true", "workers: invalid value True: expected a whole number"),
        ("workers = -1", "workers: invalid value -1: the least is 0"),
        ("port = 70000", "port: invalid value 70000: the most is 65535"),
        ("request_s = nan", "request_s: invalid value nan: the least is"),
        ("jwt = 1", "jwt: invalid value: expected a table"),
        ("outgoing = 1", "outgoing: invalid value 1: expected a table"),
        ("bind = 1", "bind: invalid value 1: expected a text"),
        ("[graphql]\ngraphiql = 1", "graphql.graphiql: invalid value 1: expected true or false"),
    ],
)
def test_an_error_in_a_settings_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=f"serve.toml: {message}"):
        load(written(tmp_path, text), {})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("WORKERS", "two", "invalid value 'two': expected a number"),
        ("WORKERS", "65", "invalid value 65: the most is 64"),
        ("GRAPHQL_GRAPHIQL", "maybe", "invalid value 'maybe': expected true or false"),
        ("NONE", "1", "unknown setting"),
        ("OUTGOING", "1", "unknown setting"),
    ],
)
def test_an_invalid_environment_variable_is_named(name: str, value: str, message: str) -> None:
    with pytest.raises(UsageError, match=f"PROVENANCE_SERVICE_{name}:? {message}"):
        load(None, {f"PROVENANCE_SERVICE_{name}": value})


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.toml"):
        load(tmp_path / "none.toml", {})
    with pytest.raises(InputError, match="invalid TOML"):
        load(written(tmp_path, "a ="), {})
