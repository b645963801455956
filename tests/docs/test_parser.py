"""The examples of docs/parser.md are true."""

from __future__ import annotations

import re
from pathlib import Path

TEXT = (Path(__file__).parents[2] / "docs" / "parser.md").read_text("utf-8")


def test_the_library_example_runs() -> None:
    [code] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(compile(code, "docs/parser.md", "exec"), {})
