"""The notebook says what today's program says: it is executed, and its outputs are those that it has stored.

`--rewrite-goldens` keeps the outputs of today, to be read before they are committed.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.conftest import ROOT

NOTEBOOK = ROOT / "docs" / "notebook.ipynb"
SECONDS = 600


def executed(notebook: Any) -> Any:
    """A copy of the notebook as it is after a run, without what differs from run to run."""
    nbclient = pytest.importorskip("nbclient")
    for library in ("pandas", "networkx", "py2neo"):
        pytest.importorskip(library, reason="the extra `notebook` is not installed")
    done = copy.deepcopy(notebook)
    resources = {"metadata": {"path": str(ROOT / "docs")}}
    nbclient.NotebookClient(done, timeout=SECONDS, kernel_name="python3", resources=resources).execute()
    for cell in done.cells:
        cell.metadata.clear()
    return done


def outputs(notebook: Any) -> list[str]:
    """The printed text of each cell, in however many parts the kernel sent it."""
    return [
        "".join("".join(output.get("text", str(output))) for output in cell.outputs if output.get("name") != "stderr")
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def test_its_outputs_are_todays(request: pytest.FixtureRequest) -> None:
    nbformat = pytest.importorskip("nbformat")
    stored = nbformat.read(NOTEBOOK, as_version=4)
    current = executed(stored)
    if request.config.getoption("--rewrite-goldens"):
        nbformat.write(current, NOTEBOOK)
        stored = current
    assert outputs(stored) == outputs(current)
    assert sum(map(bool, outputs(current))) >= 6
