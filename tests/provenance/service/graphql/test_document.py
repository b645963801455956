"""The page on GraphQL: its examples run and give the answers on the page."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from provenance.service.graphql.base.limits import Limits
from tests.conftest import ROOT
from tests.provenance.service.graphql.conftest import Served

PAGE = ROOT / "docs" / "graphql.md"
_EXAMPLE = re.compile(
    r"```graphql\n(?P<query>.*?)```\n"
    r"(?:\n```json variables\n(?P<variables>.*?)```\n)?"
    r"(?:\n```json answer\n(?P<answer>.*?)```\n)?",
    re.DOTALL,
)
_HERE = "127.0.0.1:8080"


class Example(NamedTuple):
    name: str
    query: str
    variables: dict[str, Any]
    answer: str | None


def examples() -> Iterator[Example]:
    for found in _EXAMPLE.finditer(PAGE.read_text("utf-8")):
        name = found["query"].split("(")[0].split()[1]
        yield Example(name, found["query"], json.loads(found["variables"] or "{}"), found["answer"])


@pytest.mark.parametrize("example", list(examples()), ids=lambda example: example.name)
def test_an_example_gives_the_answer_on_the_page(example: Example, served: Served, pytestconfig: pytest.Config) -> None:
    data = served.ask(example.query, served.analyst, **example.variables)
    if example.answer is None:
        assert data
        return
    if pytestconfig.getoption("--rewrite-goldens"):
        _rewrite(example, data)
        return
    assert data == json.loads(example.answer), "run with --rewrite-goldens and read the page"


def _rewrite(example: Example, data: dict[str, Any]) -> None:
    text = PAGE.read_text("utf-8")
    found = next(one for one in _EXAMPLE.finditer(text) if one["query"] == example.query)
    begin, end = found.span("answer")
    PAGE.write_text(text[:begin] + _shown(data) + "\n" + text[end:], "utf-8")


def _shown(data: dict[str, Any]) -> str:
    """JSON on few lines: what is small and innermost on one."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    for _ in range(3):
        text = re.sub(r"\{\n\s*([^{}\[\]\n]*(?:\{[^{}\n]*\})?)\n\s*\}", r"{\1}", text)
    return re.sub(r"\{\n\s*([^{}\[\]\n]*,)\n\s*([^{}\[\]\n]*(?:\{[^{}\n]*\})?)\n\s*\}", r"{\1 \2}", text)


def test_the_command_runs(served: Served, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed, and the page shows a request with it")
    (command,) = re.findall(r"^\$ (curl .*)$", PAGE.read_text("utf-8"), re.MULTILINE)
    done = subprocess.run(
        ["bash", "-c", command.replace(_HERE, f"127.0.0.1:{served.port}")],
        env={"PATH": os.environ["PATH"], "TOKEN": served.reader},
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["data"]["hosts"]["edges"][0]["node"]["name"] == "web01"


def test_the_watching_program_runs(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    exec(compile(code.replace(_HERE, f"127.0.0.1:{served.port}"), str(PAGE), "exec"), {"TOKEN": served.reader})
    assert "nodeCount" in capsys.readouterr().out


def test_the_documented_limits_are_enforced() -> None:
    text, limits = PAGE.read_text("utf-8"), Limits()
    for limit in (
        f"{limits.depth} levels of depth",
        f"{limits.aliases} renamed fields",
        f"{limits.tokens:,} tokens",
        f"a cost of {limits.cost:,}",
        f"stopped after {limits.seconds:g} seconds",
        f"at most {limits.trace_nodes:,} entities",
    ):
        assert limit in text
