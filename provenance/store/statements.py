"""The folder `cypher/` with the statements: inside the package in a wheel, beside it in a checkout."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import provenance


@cache
def folder() -> Traversable:
    """The folder of the statements."""
    inside = files("provenance") / "_data" / "cypher"
    return inside if inside.is_dir() else Path(provenance.__file__).parent.parent / "cypher"
