"""The report of `script/test --coverage`, and when it fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.branch_coverage import reasons, report_of
from tests.conftest import ROOT


def file(percent: float, missing: list[int], branches: list[list[int]]) -> dict[str, object]:
    return {"summary": {"percent_covered": percent}, "missing_lines": missing, "missing_branches": branches}


def test_files_below_95_percent_are_listed_with_missing_lines_and_reason() -> None:
    found = {
        "totals": {"percent_covered": 91.26},
        "files": {
            "full.py": file(95.0, [9], []),
            "nearly.py": file(94.99, [], [[3, -1]]),
            "least.py": file(20.0, [1, 2, 3, 7], [[5, 7], [7, 8]]),
        },
    }
    report = report_of(found, {"least.py": "no interpreter enters it"})
    assert report.lines == [
        "branch coverage below 95 %: 2 of 3 files",
        "  20.00 %  least.py  not executed: 1-3, 7, 5->7",
        "           reason: no interpreter enters it",
        "  94.99 %  nearly.py  not executed: 3->0",
        "  91.26 %  of all",
        "files below 95 % without a reason in tests/coverage_reasons.toml: 1",
    ]
    assert report.unexplained == ["nearly.py"]


def test_reasons_are_of_files_that_exist() -> None:
    assert [name for name, reason in reasons().items() if not (ROOT / name).is_file() or not reason.strip()] == []


@pytest.mark.parametrize(("called", "code"), [("half(0)", 1), ("half(0), half(1)", 0)])
def test_a_complete_run_fails_when_a_file_lacks_coverage_without_a_reason(
    tmp_path: Path, called: str, code: int
) -> None:
    (tmp_path / "halved.py").write_text("def half(x: int) -> int:\n    if x:\n        return 1\n    return 0\n")
    (tmp_path / "test_halved.py").write_text(f"from halved import half\n\ndef test_half():\n    {called}\n")
    (tmp_path / "conftest.py").write_text("from tests.conftest import *\nfrom tests.conftest import _usual_width\n")
    options = ["--cov=halved", "--cov-branch", "--cov-report=", "--require-coverage", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path), *options],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT}:{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == code, run.stdout + run.stderr
    assert "files below 95 % without a reason" in run.stdout
