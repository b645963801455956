"""`provenance token`: only the token on standard output, and a list without secrets."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from provenance.service.auth.tokens import Scope, principal
from provenance.store import open_store
from tests.provenance.cli.conftest import Command


def test_a_token_is_made_listed_and_revoked(command: Command, tmp_path: Path) -> None:
    store = tmp_path / "new.db"
    made = command("token", "create", "--store", store, "--scope", "read,alert", "--name", "soc\x1b[2J")
    assert made.code == 0 and re.fullmatch(r"prov_[0-9a-f]{16}_[A-Za-z0-9_-]{43}\n", made.out)
    token = made.out.strip()
    assert token not in made.err
    opened = open_store(str(store))
    user = principal(opened.documents(), token)
    assert user is not None and user.scopes == {Scope.READ, Scope.ALERT}
    id = token.split("_")[1]
    listed = command("token", "list", "--store", store)
    assert id in listed.out and "alert,read" in listed.out and "soc\\x1b[2J" in listed.out
    assert token not in listed.out
    assert command("token", "revoke", "--store", store, id).code == 0
    assert principal(opened.documents(), token) is None
    (listed_token,) = json.loads(command("token", "list", "--store", store, "--format", "json").out)["tokens"]
    assert listed_token["id"] == id and listed_token["revoked"] and listed_token["scopes"] == ["alert", "read"]
    opened.close()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("create", "--scope", "reed"), 2, "invalid scope 'reed': the scopes are read, ingest, alert, admin"),
        (("create",), 2, "--scope"),
        (("list",), 2, "there is no store"),
        (("revoke", "0" * 16), 2, "there is no store"),
    ],
)
def test_errors_of_token(command: Command, tmp_path: Path, words: tuple[str, ...], code: int, message: str) -> None:
    done = command("token", words[0], "--store", tmp_path / "none.db", *words[1:])
    assert done.code == code and message in done.err and not done.out


def test_an_unknown_token(command: Command, tmp_path: Path) -> None:
    command("token", "create", "--store", tmp_path / "new.db", "--scope", "read")
    done = command("token", "revoke", "--store", tmp_path / "new.db", "0" * 16)
    assert done.code == 1 and "unknown token" in done.err


def test_the_beginning_of_the_id_of_a_token_is_enough(command: Command, tmp_path: Path) -> None:
    place = ("--store", tmp_path / "new.db")
    made = [command("token", "create", *place, "--scope", "read").out for _ in range(17)]
    ids = [token.split("_")[1] for token in made]
    first = next(id[0] for number, id in enumerate(ids) if id[0] in "".join(other[0] for other in ids[:number]))
    done = command("token", "revoke", *place, first)
    assert done.code == 2 and f"ambiguous token {first}: it may be " in done.err, "17 ids begin with 16 digits"
    assert command("token", "revoke", *place, "").code == 1
    done = command("token", "revoke", *place, ids[0][:12].upper())
    assert (done.code, done.err) == (0, f"token {ids[0]} is revoked\n")
    listed = json.loads(command("token", "list", *place, "--format", "json").out)["tokens"]
    assert {token["id"] for token in listed if token["revoked"]} == {ids[0]}
