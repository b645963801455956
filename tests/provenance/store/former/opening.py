"""The stores of earlier versions, unpacked for a test."""

from __future__ import annotations

import lzma
from pathlib import Path


def former(folder: Path, name: str = "schema2") -> Path:
    """A store of an earlier version, in a temporary folder."""
    path = folder / f"{name}.db"
    path.write_bytes(lzma.decompress((Path(__file__).parent / f"{name}.db.xz").read_bytes()))
    return path
