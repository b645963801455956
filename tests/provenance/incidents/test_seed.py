"""Twenty alerts along the attack of the bundled incident, and eighty on the ordinary work of its host."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from provenance.incidents.grouping import incidents
from provenance.incidents.traced_alert import TracedAlert
from provenance.ingest.clock import LAST
from provenance.store import open_store
from provenance.store.interface import Direction
from provenance.trace.slice.budget import DEFAULT
from provenance.trace.slice.walk import walk
from tests.provenance.incidents.seed import alert, anchor, attack, ordinary, severities

ATTACK, NOISE = 20, 80


@pytest.fixture(scope="module")
def alerts(seed_path: Path) -> Sequence[TracedAlert]:
    store = open_store(str(seed_path))
    nodes = {node.id: node for node in store.all_nodes()}
    along = attack(nodes)
    step = len(along) / ATTACK
    chosen = [along[int(number * step)] for number in range(ATTACK)]
    java = next(node for node in along if "java" in str(node.attributes.get("exe")))
    reached = walk(store, Direction.FORWARD, {java.id: 0}, None, DEFAULT).nodes
    back = walk(store, Direction.BACKWARD, dict.fromkeys((node.id for node in along), LAST), None, DEFAULT).nodes
    noise = ordinary(nodes, {**reached, **back}, NOISE)
    grave = severities()
    found = [
        alert(store, f"attack-{number}", next(grave), anchor(store, node), far=number == ATTACK // 2)
        for number, node in enumerate(chosen)
    ]
    found += [alert(store, f"noise-{number}", next(grave), anchor(store, node)) for number, node in enumerate(noise)]
    store.close()
    return found


def test_the_attack_is_one_incident_and_noise_stays_out(alerts: Sequence[TracedAlert]) -> None:
    found = incidents(alerts)
    attack = [incident for incident in found if any(alert.id.startswith("attack") for alert in incident.alerts)]
    assert len(attack) == 1
    assert {alert.id for alert in attack[0].alerts} == {f"attack-{number}" for number in range(ATTACK)}


def test_the_attack_ranks_first(alerts: Sequence[TracedAlert]) -> None:
    found = incidents(alerts)
    assert found[0].alerts[0].id.startswith("attack")
    assert found[0].score > 2 * found[1].score
    assert found[0].summary.ways[0].outside
    assert "198.51.100.23" in found[0].summary.ways[0].text


def test_alerts_in_any_order_make_the_same_incidents(alerts: Sequence[TracedAlert]) -> None:
    assert incidents(alerts) == incidents(list(reversed(alerts)))
