"""The Cypher statements, by name."""

from __future__ import annotations

import re
from functools import cache

from provenance.store.statements import folder


@cache
def statement(name: str) -> str:
    """The text of a statement, named by its folder and file: `trace/backward`."""
    return (folder() / f"{name}.cypher").read_text(encoding="utf-8")


@cache
def migrations() -> tuple[tuple[str, ...], ...]:
    """The names of the statements that lead from each schema version to the next, beginning with an empty database."""
    versions: dict[int, list[str]] = {}
    for entry in (folder() / "schema").iterdir():
        numbered = re.fullmatch(r"(\d+)-(.+)\.cypher", entry.name)
        if numbered:
            versions.setdefault(int(numbered[1]), []).append(f"schema/{numbered[1]}-{numbered[2]}")
    return tuple(tuple(sorted(versions[number])) for number in sorted(versions))
