"""The statements as files, with their headers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from tests.conftest import ROOT

FOLDER = ROOT / "cypher"
NAMES = sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*.cypher"))
FIELDS = ("Parameters", "Returns", "Index")


class Statement(NamedTuple):
    """`header` are the comment lines before the statement, without their slashes; `body` is the rest."""

    header: str
    body: str

    @property
    def full_scan(self) -> bool:
        """Whether the header says that the statement reads a complete case."""
        return "Full scan: yes" in self.header

    def parameters(self) -> frozenset[str]:
        """The parameters that the body uses."""
        return frozenset(re.findall(r"\$(\w+)", self.body))

    def declared(self) -> str:
        """The header's text on the parameters."""
        found = re.search(r"Parameters:(.*?)\n(?:\w+:)", self.header, re.DOTALL)
        return found[1] if found else ""


def load(name: str) -> Statement:
    """A statement by its folder and file."""
    lines = Path(FOLDER / f"{name}.cypher").read_text(encoding="utf-8").splitlines()
    end = next(number for number, line in enumerate(lines) if not line.startswith("//"))
    header = "\n".join(line.removeprefix("//").strip() for line in lines[:end])
    return Statement(header, "\n".join(lines[end:]))
