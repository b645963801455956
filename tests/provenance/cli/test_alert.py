"""`provenance alert`: its output, the alerts that it saves, and the rejects that it reports."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from provenance.alerts.alert import Alert
from provenance.alerts.record import AlertRecord, every
from provenance.ingest.identity import EntityKind, format_id
from provenance.store import open_store
from provenance.store.interface import Selector
from tests.provenance.cli.conftest import Command

OWN = {"source": "ndr", "id": "1001", "title": "a \x1b[31mshell", "severity": "high", "host": "web01"}
FALCO = {"rule": "r", "priority": "Error", "output": "o", "hostname": "web01", "output_fields": {"proc.pid": 1}}


@pytest.fixture
def alerts(tmp_path: Path) -> Path:
    path = tmp_path / "alerts.jsonl"
    lines = [OWN | {"process": {"pid": 1}}, FALCO, {"source": "ndr", "id": "1002"}]
    path.write_text("\n".join(map(json.dumps, lines)) + "\nnonsense\n")
    return path


@pytest.fixture
def case(store: Path, tmp_path: Path) -> Path:
    """A store of a test's own that holds the log."""
    copied = tmp_path / "case.db"
    shutil.copy(store, copied)
    return copied


def saved(store: Path) -> list[Alert]:
    with closing(open_store(str(store))) as opened:
        return [AlertRecord.of(document).alert for document in every(opened.documents())]


def test_alerts_are_printed_and_saved_and_the_rest_is_rejected(command: Command, alerts: Path, tmp_path: Path) -> None:
    store = tmp_path / "new.db"
    result = command("alert", alerts, "--store", store)
    assert result.code == 2
    assert "\x1b" not in result.out and "a \\x1b[31mshell" in result.out and "pid 1" in result.out
    assert f"{alerts}: line 3: missing fields: title (read as provenance)" in result.err
    assert f"{alerts}: line 4: unknown format" in result.err and "\n--from names the format" in result.err
    assert "2 alerts (2 new, 0 already in the store), 2 rejected" in result.err
    assert sorted(alert.source for alert in saved(store)) == ["falco", "ndr"]


def test_the_same_alert_again_changes_nothing(command: Command, alerts: Path, tmp_path: Path) -> None:
    store = tmp_path / "new.db"
    command("alert", alerts, "--store", store)
    before = saved(store)
    result = command("alert", alerts, alerts, "--store", store)
    assert "2 alerts (0 new, 2 already in the store), 4 rejected" in result.err
    assert saved(store) == before


def test_a_dry_run_saves_nothing_and_needs_no_store(command: Command, alerts: Path, tmp_path: Path) -> None:
    store = tmp_path / "none.db"
    result = command("alert", alerts, "--dry-run", "--store", store)
    assert "2 alerts (not saved)" in result.err and not store.exists()


def test_json_is_all_there_is_on_standard_output(command: Command, alerts: Path, tmp_path: Path) -> None:
    result = command("alert", alerts, "--format", "json", "--store", tmp_path / "new.db")
    document = json.loads(result.out)
    assert document["format"] == "provenance-alerts/1"
    assert [alert["new"] for alert in document["alerts"]] == [True, True]
    assert document["alerts"][1]["process"] == {"pid": 1}
    assert [(reject["file"], reject["place"]) for reject in document["rejects"]] == [
        (str(alerts), "line 3"),
        (str(alerts), "line 4"),
    ]


def test_good_alerts_end_well(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(OWN))
    assert command("alert", path, "--store", tmp_path / "new.db").code == 0


def program(store: Path) -> dict[str, Any]:
    """Some process that ran a program of its own, as the store has it."""
    with closing(open_store(str(store))) as opened:
        found = opened.find(Selector(frozenset({EntityKind.PROCESS}), command="^/usr/bin/java"))
        node = next(node for node in found if not node.attributes.get("forked"))
        return {"id": format_id(node.kind, node.id), "host": node.host, **node.attributes}


def test_the_anchor_of_an_alert_and_its_backtrack(command: Command, case: Path, tmp_path: Path) -> None:
    known = program(case)
    process = {"pid": known["pid"], "command": known["command"]}
    path = tmp_path / "java.json"
    path.write_text(json.dumps(OWN | {"id": "java", "host": f"{known['host']}.example.org", "process": process}))
    shown = command("alert", path, "--anchor", "--store", case)
    assert known["id"] in shown.out and "up to the first dot" in shown.out
    document = json.loads(command("alert", path, "--anchor", "--format", "json", "--dry-run", "--store", case).out)
    best = document["alerts"][0]["anchor"]["candidates"][0]
    assert best["node"] == known["id"] and 0 < best["score"] <= 1
    trace = json.loads(command("backtrack", "--alert", "java", "--format", "json", "--store", case).out)
    assert trace["query"]["start"] == [known["id"]] and trace["query"]["alert"] == "java"
    found = command("find", "--alert", document["alerts"][0]["alert"], "--store", case)
    assert found.code == 0 and known["id"] in found.out


def test_an_alert_without_a_match_says_why(command: Command, case: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(json.dumps(OWN | {"id": "other", "host": "mail\x1b01", "process": {"pid": 1}}))
    result = command("alert", path, "--anchor", "--store", case)
    assert result.code == 0 and "no match: " in result.out and "\x1b" not in result.out
    back = command("backtrack", "--alert", "other", "--store", case)
    assert back.code == 1 and "is not the name or address of a recorded host" in back.err and "\x1b" not in back.err


def test_a_mapping_file(command: Command, tmp_path: Path) -> None:
    path, mapping = tmp_path / "x.json", tmp_path / "m.toml"
    path.write_text('{"what": "odd", "pid": 5}')
    mapping.write_text('name = "acme"\n[fields]\ntitle = "what"\n"process.pid" = "pid"\n')
    result = command("alert", path, "--mapping", mapping, "--dry-run")
    assert result.code == 0 and "odd" in result.out and "pid 5" in result.out
    mapping.write_text('name = "acme"\n[fields]\ntitel = "what"\n')
    wrong = command("alert", path, "--mapping", mapping, "--dry-run")
    assert wrong.code == 2 and f"{mapping}: fields.titel: unknown field" in wrong.err and not wrong.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{}/absent.json"], "absent.json: no such file or directory"),
        (["{}", "--dry-run"], "is a directory"),
        (["{}/x.json", "--mapping", "{}/absent.toml"], "absent.toml: no such file"),
        (["{}/x.json", "--mapping", "{}/bytes.toml"], "bytes.toml: invalid UTF-8 at byte 0"),
        (["{}/x.json", "--from", "nonsense"], "unknown alert format 'nonsense'"),
        ([], "missing argument 'FILE...'"),
    ],
)
def test_wrong_use_is_one_line(command: Command, tmp_path: Path, words: list[str], message: str) -> None:
    (tmp_path / "x.json").write_text(json.dumps(OWN))
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    result = command("alert", *(word.format(tmp_path) for word in words))
    assert result.code == 2 and message in result.err and not result.out and result.err.count("\n") == 1


def test_a_format_that_is_named_is_not_recognised(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(FALCO))
    result = command("alert", path, "--from", "suricata", "--dry-run")
    assert result.code == 2 and "read as suricata" in result.err
