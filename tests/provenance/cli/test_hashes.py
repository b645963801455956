"""From a log with IMA's audit records to files by their hashes.

`ima01.log` was written for this test to the shape that the kernel gives such records (security/integrity/ima/ima_api.c,
ima_audit_measurement; kernel/auditsc.c): a program is fetched and run, copied, run and overwritten.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.provenance.cli.conftest import Command

LOG = Path(__file__).with_name("ima01.log")
FETCHED = "8b133a3868993176b613738816247a7f4d357cae555996519cf5b543e9b3554b"
REWRITTEN = "3a1517ab918c3f0ad4e487174803e91ebf6126af6b91b578d7aca8f68bb0fcb2"


@pytest.fixture
def case(command: Command, tmp_path: Path) -> Path:
    path = tmp_path / "case.db"
    assert command("ingest", "--store", path, LOG).code == 0
    return path


def found(command: Command, case: Path, *words: str) -> list[dict[str, Any]]:
    result = command("find", "--store", case, "--format", "json", *words)
    assert result.code == 0, result.err
    entities: list[dict[str, Any]] = json.loads(result.out)["entities"]
    return entities


def test_files_are_found_by_the_hash_of_their_content(command: Command, case: Path) -> None:
    fetched, copied = found(command, case, "--hash", FETCHED)
    assert fetched["paths"] == ["/tmp/.x"] and copied["paths"] == ["/usr/local/bin/kworkerd"]
    assert [one["hash"] for one in copied["hashes"]] == [f"sha256:{FETCHED}", f"sha256:{REWRITTEN}"]
    assert copied["hashes"][0]["first"] < copied["hashes"][1]["first"]
    assert found(command, case, "--hash", f"SHA256:{REWRITTEN.upper()}") == [copied]
    assert found(command, case, "--hash", FETCHED, "--file", "/usr/*") == [copied]
    assert command("find", "--store", case, "--hash", "00" * 32).code == 1
    assert "invalid hash" in command("find", "--store", case, "--hash", "junk").err


def test_a_file_without_hashes_has_no_hashes_key(command: Command, case: Path) -> None:
    assert all("hashes" not in one for one in found(command, case, "--command", "curl"))


def test_show_separates_hashes_from_paths(command: Command, case: Path) -> None:
    (_, copied) = found(command, case, "--hash", FETCHED)
    document = json.loads(command("show", "--store", case, "--format", "json", copied["id"]).out)
    assert [name["path"] for name in document["names"]] == ["/usr/local/bin/kworkerd"]
    assert document["entity"]["hashes"] == copied["hashes"]
    shown = command("show", "--store", case, copied["id"]).out
    assert f"  hash sha256:{FETCHED} " in shown and "path sha256" not in shown


def test_a_trace_starts_from_the_files_with_a_hash(command: Command, case: Path) -> None:
    result = command("backtrack", "--store", case, "--hash", REWRITTEN)
    assert result.code == 0 and "203.0.113.61" in result.out


def test_an_alert_that_knows_the_hash_alone_is_about_its_file(command: Command, case: Path, tmp_path: Path) -> None:
    alert = {"source": "edr", "id": "7", "title": "miner", "host": "web01", "file": {"sha256": REWRITTEN}}
    path = tmp_path / "alert.json"
    path.write_text(json.dumps(alert), encoding="utf-8")
    result = command("alert", "--store", case, path)
    assert result.code == 0, result.err
    traced = command("backtrack", "--store", case, "--alert", "7", "--format", "json")
    (start,) = json.loads(traced.out)["query"]["start"]
    assert start == found(command, case, "--file", "/usr/local/bin/kworkerd")[0]["id"]
