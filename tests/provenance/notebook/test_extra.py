"""The notebook extra is needed only by those who use it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from provenance.errors import UsageError
from provenance.notebook.extra import library
from tests.conftest import ROOT

LIBRARIES = frozenset(("networkx", "pandas", "py2neo"))
SOURCES = sorted(path for folder in ("ingest", "provenance") for path in (ROOT / folder).rglob("*.py"))
BLOCKED = """
import sys
for name in ("networkx", "pandas", "py2neo"):
    sys.modules[name] = None
"""
EVERYTHING = f"""{BLOCKED}
import importlib, pkgutil, provenance
names = [found.name for found in pkgutil.walk_packages(provenance.__path__, "provenance.")]
print(sum(importlib.import_module(name) is not None for name in names if not name.endswith("__main__")))
"""
WITHOUT = f"""{BLOCKED}
from provenance import notebook
from provenance.errors import UsageError
from provenance.store.interface import Direction
from provenance.trace.result import Slice, Trace
nothing = Trace(Slice(Direction.BACKWARD, (), None, {{}}, {{}}, (), None), {{}})
try:
    getattr(notebook, sys.argv[1])(nothing)
except UsageError as error:
    print(error)
"""


def imported(path: Path) -> set[str]:
    """The packages that a file imports when it runs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    checked = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in checked:
            continue
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_nothing_imports_it() -> None:
    assert len(SOURCES) > 100
    assert {str(path) for path in SOURCES if imported(path) & LIBRARIES} == set()


def test_only_the_notebook_asks_for_it() -> None:
    asking = {
        path.relative_to(ROOT).parts[:2] for path in SOURCES if "notebook.extra" in path.read_text(encoding="utf-8")
    }
    assert asking == {("provenance", "notebook")}


@pytest.mark.parametrize(
    ("name", "library"), [("edges", "pandas"), ("nodes", "pandas"), ("network", "networkx"), ("subgraph", "py2neo")]
)
def test_without_it_the_message_names_it(name: str, library: str) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT, name], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"{library} is not installed: install it with `pip install 'provenance-graph[notebook]'`\n"


def test_everything_else_loads_without_it() -> None:
    done = subprocess.run([sys.executable, "-c", EVERYTHING], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 100


def test_a_library_that_lacks_one_of_its_own_is_not_reported_as_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The advice to install the extra would not help."""
    (tmp_path / "broken_library.py").write_text("import something_that_nobody_has\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="something_that_nobody_has"):
        library("broken_library")
    with pytest.raises(UsageError, match=r"^absent_library is not installed: install it with `pip install"):
        library("absent_library.inner")
