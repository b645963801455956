"""docs/interface.md: the commands, exit codes, keys of JSON and endpoints that it lists are those of the program."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from provenance.alerts.form import PATHS
from provenance.cli import main
from provenance.service.rest.alerts import router as alerts
from provenance.service.rest.health import router as health
from provenance.service.rest.incidents import router as incidents
from provenance.service.rest.suppression import router as suppressions
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "interface.md").read_text("utf-8")
_JSON = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]
LOG = ROOT / "provenance" / "demo" / "data" / "web01.log.xz"


def section(title: str) -> str:
    """The text below a heading, up to the next one of any level."""
    return re.split(r"\n#+ ", TEXT.partition(f"# {title}\n")[2], maxsplit=1)[0]


def rows(title: str) -> Iterator[list[str]]:
    """The cells of the tables below a heading, without their first lines."""
    for line in section(title).splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """What a command prints as JSON."""
    assert main([*words, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_every_command_is_promised(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    known = re.findall(r"^  ([a-z][a-z-]+)  ", capsys.readouterr().out, re.MULTILINE)
    assert known and [cells[0].split()[1].strip("`") for cells in rows("Commands")] == known


def test_every_selector_is_promised(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find", "--help"]) == 0
    group = capsys.readouterr().out.partition("SELECT:")[2].partition("\n\n")[0]
    assert [cells[0].split()[0].strip("`") for cells in rows("Selectors")] == re.findall(
        r"^  (--\w+)", group, re.MULTILINE
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("interface") / "graph.db"
    assert main(["ingest", "--store", str(path), str(LOG)]) == 0
    return path


def test_a_trace_has_the_keys_that_are_promised(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    promised = next(block for block in _JSON if block.get("format") == "provenance-trace/1")
    bash = ("--command", "^bash -i$", "--remote", "198.51.100.45:4444")
    trace = printed(capsys, "backtrack", "--store", str(store), *bash)
    assert list(trace) == list(promised)
    for name in ("edges", "entries", "chain", "hosts", "decoded"):
        assert trace[name] and {key for item in trace[name] for key in item} == set(promised[name][0]), name
    by_kind = {
        cells[0].strip("`"): set(re.findall(r"`(\w+)`", cells[1]))
        for cells in rows("A trace as JSON")
        if len(cells) == 2
    }
    for node in trace["nodes"]:
        own = set(node) - set(promised["nodes"][0])
        assert own <= by_kind[node["kind"]], node


def test_the_other_formats_have_the_keys_that_are_promised(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    promised = {cells[0].strip("`"): cells[2] for cells in rows("Other formats of commands")}
    place = ("--store", str(store))
    node = printed(capsys, "find", *place, "--file", "/tmp/shell.sh")["entities"][0]["id"]
    for words in (
        ("ingest", *place, str(LOG)),
        ("find", *place, "--id", node),
        ("show", *place, node),
        ("evidence", *place, node),
        ("stats", *place),
        ("hunt", "list"),
        ("hunt", *place, "shells_on_sockets"),
        ("rebuild", *place, "--into", str(store.with_name("rebuilt.db"))),
        ("prune", *place, "--before", "2000-01-01T00:00:00Z", "--dry-run"),
        ("token", "list", *place),
    ):
        document = printed(capsys, *words)
        named = re.findall(r"`(\w+)`", promised[document.pop("format")])
        assert set(document) <= set(named), words


def test_an_alert_has_no_field_that_is_not_read() -> None:
    body = next(block for block in _JSON if block.get("source") == "ndr")
    flat = [f"{key}.{part}" for key, value in body.items() if isinstance(value, dict) for part in value]
    assert {*flat, *(key for key, value in body.items() if not isinstance(value, dict))} <= set(PATHS)


def test_every_endpoint_is_promised() -> None:
    promised = set(re.findall(r"`([A-Z]+ /[^`]*)`", section("The service")))
    routes = [route for router in (alerts, health, incidents, suppressions) for route in router.routes]
    known = {
        f"{method} {route.path}" for route in routes if isinstance(route, APIRoute) for method in route.methods or ()
    }
    assert promised == known | {"POST /graphql"}


def test_the_library_example_runs() -> None:
    [code] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(compile(code, "docs/interface.md", "exec"), {})
