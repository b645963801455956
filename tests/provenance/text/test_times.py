"""Printed times."""

from __future__ import annotations

import pytest

from provenance.ingest.clock import FIRST, LAST, at_ms
from provenance.text.times import Zone


@pytest.mark.parametrize(
    ("moment", "time", "stamp"),
    [
        (FIRST, "--:--:--.---", "before the log"),
        (LAST, "--:--:--.---", "after the log"),
        (at_ms(1_795_490_938_271), "03:28:58.271", "2026-11-24 03:28:58.271 UTC"),
    ],
)
def test_moments_within_and_beyond_a_log(moment: int, time: str, stamp: str) -> None:
    """A time of day has the same width in any case, so that columns stay in line."""
    assert (Zone().time(moment), Zone().stamp(moment)) == (time, stamp)
