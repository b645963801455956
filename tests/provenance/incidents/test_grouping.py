"""The grouping of alerts does not depend on their order; decisions of analysts stay in effect; incidents keep their ids."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from provenance.incidents import summary
from provenance.incidents.decisions import Decision
from provenance.incidents.grouping import Incident, grouped, incident_id, incidents
from provenance.incidents.traced_alert import Damage, TracedAlert, Way, as_body, from_body
from tests.provenance.incidents.generated import ALERTS, CHECKED, DECISIONS, GROUPS


def partition(found: Sequence[Incident]) -> set[frozenset[str]]:
    return {frozenset(alert.id for alert in incident.alerts) for incident in found}


@CHECKED
@given(ALERTS, DECISIONS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    alerts: list[TracedAlert], decisions: list[Decision], luck: Random
) -> None:
    shuffled = list(alerts)
    luck.shuffle(shuffled)
    assert incidents(alerts, decisions) == incidents(shuffled, decisions)


@CHECKED
@given(ALERTS)
def test_alerts_that_ties_connect_are_in_one_incident(alerts: list[TracedAlert]) -> None:
    reached = {alert.id: {alert.id} for alert in alerts}
    for _ in alerts:
        for one in alerts:
            for other in alerts:
                if set(one.links) & set(other.links):
                    reached[one.id] |= reached[other.id]
    assert partition(incidents(alerts)) == {frozenset(ids) for ids in reached.values()}


@CHECKED
@given(ALERTS, DECISIONS, GROUPS)
def test_the_last_decision_holds_for_any_later_alerts(
    alerts: list[TracedAlert], earlier: list[Decision], groups: tuple[tuple[str, ...], ...]
) -> None:
    known = {alert.id for alert in alerts}
    place = {id: number for number, group in enumerate(grouped(alerts, [*earlier, Decision(groups)])) for id in group}
    places_of_groups = [{place[id] for id in group if id in known} for group in groups]
    assert all(len(places) <= 1 for places in places_of_groups)
    assert sum(map(len, places_of_groups)) == len(set().union(*places_of_groups)), (
        "alerts that were put apart are in one incident"
    )


@CHECKED
@given(ALERTS, DECISIONS)
def test_a_decision_holds_until_a_later_one_about_its_alerts(alerts: list[TracedAlert], later: list[Decision]) -> None:
    touched = {id for decision in later for id in decision.alerts}
    free = [alert.id for alert in alerts if alert.id not in touched]
    decision = Decision((tuple(free[::2]), tuple(free[1::2])))
    place = {id: number for number, group in enumerate(grouped(alerts, [decision, *later])) for id in group}
    together = [{place[id] for id in group} for group in decision.groups if group]
    assert all(len(places) == 1 for places in together)


@CHECKED
@given(ALERTS)
def test_an_incident_keeps_its_id_when_alerts_join(alerts: list[TracedAlert]) -> None:
    known: dict[str, str] = {}
    for count in range(1, len(alerts) + 1):
        found = incidents(alerts[:count], (), known)
        for incident in found:
            before = {known[alert.id] for alert in incident.alerts if alert.id in known}
            assert not before or incident.id in before
        assert len({incident.id for incident in found}) == len(found)
        known = {alert.id: incident.id for incident in found for alert in incident.alerts}


@CHECKED
@given(ALERTS, st.lists(DECISIONS, max_size=4))
def test_ids_of_incidents_are_unique_after_any_merges_and_splits(
    alerts: list[TracedAlert], rounds: list[list[Decision]]
) -> None:
    known: dict[str, str] = {}
    made: list[Decision] = []
    for decisions in rounds:
        made += decisions
        found = incidents(alerts, made, known)
        assert len({incident.id for incident in found}) == len(found)
        known = {alert.id: incident.id for incident in found for alert in incident.alerts}


@CHECKED
@given(ALERTS, st.randoms(use_true_random=False))
def test_the_summary_does_not_depend_on_order_or_batches_of_alerts(alerts: list[TracedAlert], luck: Random) -> None:
    portions = [summary.of(alert) for alert in alerts]
    while len(portions) > 1:
        luck.shuffle(portions)
        portions.append(summary.joined(portions.pop(), portions.pop()))
    assert portions[0] == summary.summary(alerts)
    assert list(portions[0].hosts.items()) == list(summary.summary(alerts).hosts.items())
    assert summary.from_body(json.loads(json.dumps(summary.as_body(portions[0])))) == portions[0]


@CHECKED
@given(ALERTS)
def test_a_traced_alert_round_trips_through_json(alerts: list[TracedAlert]) -> None:
    assert [from_body(json.loads(json.dumps(as_body(alert)))) for alert in alerts] == alerts


def test_an_incident_keeps_its_id_for_an_earlier_alert_and_takes_that_of_an_earlier_incident() -> None:
    def alert(name: str, ms: int, *links: str) -> TracedAlert:
        return TracedAlert(name, name, "low", ms, links, {}, (), Damage())

    late, early, bridge = alert("late", 50, "x"), alert("early", 10, "x"), alert("bridge", 60, "x", "y")
    oldest = alert("oldest", 20, "y")
    begun = {"late": incident_id("late")}
    assert incidents([late, early], (), begun)[0].id == incident_id("late")
    begun |= {"early": incident_id("late"), "oldest": incident_id("oldest")}
    assert [found.id for found in incidents([late, early, oldest, bridge], (), begun)] == [incident_id("oldest")]


def test_reach_and_damage_are_weighted_by_the_certainty_of_the_way_in() -> None:
    def of(sure: float, outside: bool = True) -> TracedAlert:
        way = Way(1, "a", "n1", "e" if outside else None, sure, outside, "somebody", "why")
        return TracedAlert("a", "a", "medium", 1, (), {"h1": 1, "h2": 1}, (way,), Damage(900, 900, 9))

    scores = [incidents([alert])[0].score for alert in (of(0.05, outside=False), of(0.1), of(0.5), of(0.9))]
    assert scores == sorted(scores)
    bare = incidents([TracedAlert("a", "a", "high", 1, (), {"h1": 1}, (), Damage())])[0].score
    assert scores[0] < bare < scores[2]


def test_severity_a_way_in_and_reach_raise_the_score() -> None:
    way = Way(1, "a", "n1", "e", 0.9, True, "peer", "why")
    plain = TracedAlert("a", "a", "medium", 1, (), {"h1": 1}, (), Damage())
    graver = TracedAlert("a", "a", "critical", 1, (), {"h1": 1}, (), Damage())
    entered = TracedAlert("a", "a", "medium", 1, (), {"h1": 1}, (way,), Damage(10, 10, 1))
    spread = TracedAlert("a", "a", "medium", 1, (), {"h1": 1, "h2": 2}, (way,), Damage(10, 10, 1))
    scores = [incidents([alert])[0].score for alert in (plain, graver, entered, spread)]
    assert scores[0] < scores[1]
    assert scores[0] < scores[2] < scores[3]
    assert all(0 <= score <= 100 for score in scores)
