"""Small inputs rebuilt from public reports of what tools got wrong: each folder holds the input and `expected.json`, which says
what is right, where it was reported, and what the commands must print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from provenance.cli.main import main
from provenance.ingest.pyauparse.__main__ import main as parse

HERE = Path(__file__).parent
CASES = sorted(path.parent.name for path in HERE.glob("*/expected.json"))


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.mark.parametrize("case", CASES)
def test_case(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    expected = json.loads((HERE / case / "expected.json").read_text("utf-8"))
    assert expected["right"] and expected["source"] and expected["steps"]
    monkeypatch.chdir(HERE / case)
    store = 0
    for step in expected["steps"]:
        if "fresh" in step:
            store += 1
        elif "parse" in step:
            assert _parsed(step, capsys) == step["value"]
        else:
            _check(step, str(tmp_path / f"{store}.db"), capsys)


def _check(step: dict[str, Any], store: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main([word.replace("{store}", store) for word in step["run"]])
    captured = capsys.readouterr()
    text = captured.out + captured.err
    output = f"{' '.join(step['run'])}:\n{text}"
    assert code == step.get("exit", code), output
    for part in step.get("contains", ()):
        assert part in text, output
    for part in step.get("lacks", ()):
        assert part not in text, output


def _parsed(step: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> str | None:
    parse([step["parse"], "--format", "json"])
    for line in capsys.readouterr().out.splitlines():
        event = json.loads(line)
        if event["serial"] == step["serial"]:
            for record in event["records"]:
                if record["type"] == step["record"]:
                    value: str | None = record["fields"].get(step["field"])
                    return value
    raise AssertionError(f"no record {step['record']} of event {step['serial']}")
