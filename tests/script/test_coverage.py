"""What `script/test --coverage` prints."""

from __future__ import annotations

from tests.branch_coverage import lines


def file(percent: float, missing: list[int], branches: list[list[int]]) -> dict[str, object]:
    return {"summary": {"percent_covered": percent}, "missing_lines": missing, "missing_branches": branches}


def test_files_below_95_percent_are_named_with_what_was_not_executed() -> None:
    found = {
        "totals": {"percent_covered": 91.26},
        "files": {
            "full.py": file(95.0, [9], []),
            "nearly.py": file(94.99, [], [[3, -1]]),
            "least.py": file(20.0, [1, 2, 3, 7], [[5, 7], [7, 8]]),
        },
    }
    assert list(lines(found)) == [
        "branch coverage below 95 %: 2 of 3 files",
        "  20.00 %  least.py  not executed: 1-3, 7, 5->7",
        "  94.99 %  nearly.py  not executed: 3->0",
        "  91.26 %  of all",
    ]
