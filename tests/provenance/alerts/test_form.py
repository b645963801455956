"""The limits of the values of an alert, so that no sender can fill lists and reasons, and no time is outside those of logs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from provenance.alerts.reading import Reading, read
from provenance.ingest.clock import LAST, at_ms
from provenance.investigation.anchoring import alert_ms

LONG = "x" * 1_001


def own(**more: Any) -> Reading:
    return read(json.dumps({"source": "s", "id": "1", "title": "t"} | more).encode())


@pytest.mark.parametrize("field", ["source", "id", "host", "agent", "user", "rule", "hosts", "techniques"])
def test_a_name_has_an_end(field: str) -> None:
    assert not own(**{field: LONG}).alerts
    assert own(**{field: LONG}).rejects[0].reason == f"{field}: too long: 1,001 characters, at most 1,000 are allowed"
    assert own(**{field: LONG[1:]}).alerts


def test_a_list_has_an_end() -> None:
    assert (
        own(hosts=[str(number) for number in range(101)]).rejects[0].reason
        == "hosts: too many: 101 names, at most 100 are allowed"
    )


def test_a_long_title_is_cut_and_complete_in_the_original() -> None:
    (alert,) = own(title=LONG).alerts
    assert alert.title == "x" * 999 + "…"
    assert LONG in alert.body["original"]


def test_another_format_leaves_out_too_long_names_and_lists_them() -> None:
    event = {"rule": "r", "output": "o", "priority": "Error", "hostname": LONG, "output_fields": {"proc.pid": 7}}
    (alert,) = read(json.dumps(event).encode()).alerts
    assert "host" not in alert.body
    assert any("1,001 characters" in note for note in alert.body["unread"])


def test_a_time_is_one_that_logs_can_have() -> None:
    (alert,) = own(time="2108-12-31T23:59:59.999Z").alerts
    assert at_ms(alert_ms(alert) or LAST) < LAST
    for time in ("2109-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        assert "not in the years 1970 to 2108" in own(time=time).rejects[0].reason


@pytest.mark.parametrize("time", ["yesterday", "2026-13-01T00:00:00Z"])
def test_an_invalid_time_in_a_store_is_no_time(time: str) -> None:
    """What is read is checked, but somebody else may have written the store."""
    (alert,) = own().alerts
    assert alert_ms(replace(alert, body={**alert.body, "time": time})) is None
