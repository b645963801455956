"""The parts of an address, and the sources of user and password."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance.errors import InputError, UsageError
from provenance.store.neo4j.address import PASSWORD, USER, Credentials, credentials, parse


@pytest.mark.parametrize(
    ("text", "uri", "database", "case"),
    [
        ("bolt://db", "bolt://db", "neo4j", ""),
        ("neo4j+s://db.example:7687/", "neo4j+s://db.example:7687", "neo4j", ""),
        ("bolt://[::1]:7687/fleet?case=web%2001", "bolt://[::1]:7687", "fleet", "web 01"),
        ("bolt://db?case=ticket%2317", "bolt://db", "neo4j", "ticket#17"),
        ("neo4j://db/fleet?region=eu&case=a&policy=", "neo4j://db?region=eu&policy=", "fleet", "a"),
    ],
)
def test_parts(text: str, uri: str, database: str, case: str) -> None:
    address = parse(text)
    assert (address.uri, address.database, address.case) == (uri, database, case)
    assert address.text == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bolt://", "the host is missing"),
        ("bolt://db:port", "port"),
        ("bolt://db?case=%00", "printable"),
        ("bolt://db?case=" + "a" * 201, "at most 200"),
        ("bolt://db?cases=a", "unknown parameter cases"),
        ("bolt+s://db?policy=eu&case=a", "unknown parameter policy"),
        ("neo4j://db?Case=a", "unknown parameter Case"),
        ("neo4j://db?case=a&case=b", "twice"),
        ("bolt://db?case=ticket#17", "%23"),
        ("bolt://db/System", "system cannot hold a graph"),
    ],
)
def test_invalid_addresses(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse(text)


def test_a_password_in_an_address_is_rejected_and_not_printed() -> None:
    with pytest.raises(UsageError, match=PASSWORD) as caught:
        parse("bolt://neo4j:secret-of-ours@db:7687/fleet")
    assert "secret-of-ours" not in str(caught.value)


def test_credentials_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(USER, raising=False)
    monkeypatch.delenv(PASSWORD, raising=False)
    assert credentials() is None
    monkeypatch.setenv(PASSWORD, "p")
    assert credentials() == Credentials("neo4j", "p")
    monkeypatch.setenv(USER, "reader")
    assert credentials() == Credentials("reader", "p")
    assert "'p'" not in repr(credentials())


def test_credentials_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "of the environment")
    file = tmp_path / "credentials"
    file.write_text("reader\npass word\n", encoding="utf-8")
    assert credentials(file) == Credentials("reader", "pass word")


@pytest.mark.parametrize("content", [b"", b"reader\n", b"\xff\n\xff\n", None])
def test_invalid_credential_files(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "credentials"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=r"credentials: .*user and password"):
        credentials(file)
