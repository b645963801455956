"""Every format of every hand-made trace, byte for byte."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from provenance.render.formats import FORMATS
from provenance.trace.result import Trace

GOLDENS = Path(__file__).parent / "goldens"


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_rendering(sample: tuple[str, Trace], format: str, golden: Callable[[Path, str], None]) -> None:
    name, trace = sample
    out = io.StringIO()
    FORMATS[format](trace, out)
    golden(GOLDENS / f"{name}.{format}", out.getvalue())


def test_each_golden_has_its_rendering() -> None:
    formats = {path.suffix[1:] for path in GOLDENS.glob("*.*")}
    assert formats == set(FORMATS)
