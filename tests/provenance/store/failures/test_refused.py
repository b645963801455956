"""Rejected users and missing databases: one line, and the exit code of docs/interface.md."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import neo4j
import pytest

from tests.provenance.store.failures.commands import Case
from tests.provenance.store.neo4j.servers import Running


@pytest.fixture
def someone(server: Running, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A user who must change the password first, and the file with both."""
    name = f"u{secrets.token_hex(6)}"
    user, password = server.credentials.read_text("utf-8").splitlines()[:2]
    with neo4j.GraphDatabase.driver(server.uri, auth=(user, password)) as driver:
        login = {"name": name, "password": "first-password"}
        driver.execute_query("CREATE USER $name SET PASSWORD $password CHANGE REQUIRED", login, database_="system")
        file = tmp_path / "credentials"
        file.write_text(f"{name}\nfirst-password\n", "utf-8")
        yield name, file
        driver.execute_query("DROP USER $name", login, database_="system")


Errors = Callable[[Case], list[str]]


@pytest.fixture
def errors(capfd: pytest.CaptureFixture[str]) -> Errors:
    """A function that returns the errors of a writing and of a reading command on a case."""
    return lambda case: [case.error_here(capfd, "ingest", str(case.logs)), case.error_here(capfd, "stats")]


def test_an_expired_password(server: Running, someone: tuple[str, Path], logs: Path, errors: Errors) -> None:
    name, file = someone
    for error in errors(Case(server.uri, file, logs)):
        assert error.startswith(f"the password of user {name} has expired and must be changed first")
        assert "first-password" not in error


def test_a_wrong_password(server: Running, tmp_path: Path, logs: Path, errors: Errors) -> None:
    file = tmp_path / "credentials"
    file.write_text("neo4j\nnot the password\n", "utf-8")
    for error in errors(Case(server.uri, file, logs)):
        assert error.startswith("the server rejects user neo4j: wrong user or password")
        assert "not the password" not in error


def test_no_such_database(server: Running, logs: Path, errors: Errors) -> None:
    for error in errors(Case(f"{server.uri}/elsewhere", server.credentials, logs)):
        assert error.startswith("database elsewhere does not exist")
