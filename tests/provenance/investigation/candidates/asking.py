"""Alerts for tests of candidates."""

from __future__ import annotations

import json
from typing import Any

from provenance.alerts.alert import Alert
from provenance.alerts.reading import read


def alert(**fields: Any) -> Alert:
    """An alert of our own format."""
    reading = read(json.dumps({"source": "test", "id": "1", "title": "t"} | fields).encode())
    assert not reading.rejects, reading.rejects
    return reading.alerts[0]
