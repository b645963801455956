"""The story of an incident: steps of several alerts' stories."""

from __future__ import annotations

from dataclasses import replace

from provenance.incidents.story import merged
from provenance.incidents.traced_alert import StoryStep

STEP = StoryStep(1, 1, "web01", "p1", "SPAWNED-p0-p1", "id → contacts 203.0.113.9:443", "may be another client's")


def test_a_step_that_one_alert_is_sure_of_has_no_doubt() -> None:
    sure = replace(STEP, text="id", doubt="")
    assert merged([[STEP], [sure]]) == merged([[sure], [STEP]]) == (sure,)


def test_a_step_that_no_alert_is_sure_of_has_the_doubt_and_the_longest_text() -> None:
    shorter = replace(STEP, text="id")
    assert merged([[shorter], [STEP]]) == merged([[STEP], [shorter]]) == (STEP,)


def test_of_two_steps_the_surer_one_is_shown() -> None:
    sure, guess = replace(STEP, text="id"), replace(STEP, confidence=0.5)
    assert merged([[guess], [sure]]) == merged([[sure], [guess]]) == (sure,)
