"""Every sample of every format: what each was understood as stands in a golden file next to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provenance.alerts.alert import Alert
from provenance.alerts.formats import FORMATS
from provenance.alerts.reading import Reading, read

SAMPLES = Path(__file__).parent / "samples"
FILES = sorted(path for path in SAMPLES.glob("*/*") if path.suffix in (".json", ".jsonl", ".log"))
NAMES = [f"{path.parent.name}/{path.name}" for path in FILES]


def rendered(reading: Reading) -> str:
    """A reading as text for people to check, without the originals that lie next to it."""
    document = {
        "alerts": [alert_document(alert) for alert in reading.alerts],
        "rejects": [{"place": r.place, "format": r.format, "reason": r.reason} for r in reading.rejects],
    }
    return json.dumps(document, indent=1, sort_keys=False) + "\n"


def alert_document(alert: Alert) -> dict[str, Any]:
    return {"alert": alert.id} | {name: value for name, value in alert.body.items() if name != "original"}


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_the_fields_of_a_sample(path: Path, golden: Callable[[Path, str], None]) -> None:
    golden(path.with_name(path.name + ".golden"), rendered(read(path.read_bytes())))


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_sample_is_recognised_as_what_it_is_named(path: Path) -> None:
    detected = read(path.read_bytes())
    assert detected.alerts or path.name.startswith("odd"), "a sample without an alert shows little"
    assert {alert.body["format"] for alert in detected.alerts} <= {path.parent.name}
    assert detected.alerts == read(path.read_bytes(), path.parent.name).alerts


def test_every_format_has_a_sample_and_every_sample_its_format() -> None:
    assert {path.parent.name for path in FILES} == set(FORMATS)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_the_original_text_is_stored_and_gives_the_id(path: Path) -> None:
    body = path.read_bytes()
    text = body.decode("utf-8", "surrogateescape")
    first, second = read(body), read(body)
    assert first == second
    for alert in first.alerts:
        original = alert.body["original"]
        assert original in text or json.loads(original), "an item of an envelope is written anew"
