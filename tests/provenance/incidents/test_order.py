"""The order of incidents: alerts on several recorded attacks and on the ordinary work of their hosts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest

from provenance.incidents.grouping import Incident, incidents
from provenance.incidents.traced_alert import TracedAlert
from provenance.ingest.clock import LAST
from provenance.ingest.facts import FlowKind
from provenance.render.as_json import node_json
from provenance.store import open_store
from provenance.store.interface import Direction, Node, Store
from provenance.trace.slice.budget import DEFAULT
from provenance.trace.slice.walk import walk
from tests.provenance.incidents.seed import Ways, alert, anchor, ordinary
from tests.provenance.recordings.recordings import OWN, SEED, Recording, discovered, ingested
from tests.provenance.recordings.truth import matches

RECORDED = ("container", "fleet", "rules", "shells", "ssh-login", "webshell")
ATTACK, NOISE = 16, 30
ANY = ("low", "medium", "high", "medium", "low", "high", "medium", "low", "critical", "medium")


def along(store: Store, recording: Recording) -> list[Node]:
    """What the attack did, one entity for each thing that a trace must reach."""
    nodes = {node.id: node for node in store.all_nodes()}
    documents = {id: node_json(node) for id, node in nodes.items()}
    found: dict[int, Node] = {}
    for required in (*recording.truth["backward"]["must"], *recording.truth["forward"]["must"]):
        matching = [nodes[id] for id, document in documents.items() if matches(document, required)]
        if matching:
            first = min(matching, key=lambda node: (bool(node.attributes.get("forked")), node.first, node.id))
            found[first.id] = first
    return sorted(found.values(), key=lambda node: (node.first, node.id))


def alerts_on(store: Store, recording: Recording) -> Iterator[TracedAlert]:
    attack = along(store, recording)
    gates = {node.id for node in attack if any(store.flows(None, node.id, FlowKind.ACCEPTED))}
    starts = {node.id: 0 for node in attack if node.first > 1 and node.id not in gates}
    after = walk(store, Direction.FORWARD, starts, None, DEFAULT).nodes
    before = walk(store, Direction.BACKWARD, dict.fromkeys((node.id for node in attack), LAST), None, DEFAULT).nodes
    noise = ordinary({node.id: node for node in store.all_nodes()}, {**before, **after}, NOISE)
    known: Ways = {}
    for kind, chosen in (("attack", attack[:ATTACK]), ("noise", noise)):
        for node in chosen:
            name = f"{kind} {recording.name} {node.id}"
            yield alert(store, name, "medium", anchor(store, node), far=True, known=known)


@pytest.fixture(scope="module")
def alerts(seed_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Sequence[TracedAlert]:
    """Alerts on several recordings, each in a store of its own: their hosts have nothing to do with each other."""
    folder = tmp_path_factory.mktemp("recorded")
    stores = {SEED.name: (SEED, seed_path)}
    for recording in discovered():
        if recording.name in RECORDED and recording.logs[0].is_relative_to(OWN):
            stores[recording.name] = recording, ingested(folder / f"{recording.name}.db", recording.logs)
    assert len(stores) == len(RECORDED) + 1
    found: list[TracedAlert] = []
    for recording, path in stores.values():
        store = open_store(str(path))
        found += alerts_on(store, recording)
        store.close()
    return found


def graded(
    alerts: Sequence[TracedAlert], attack: Sequence[str], noise: Sequence[str]
) -> list[tuple[Incident, Mapping[str, int]]]:
    """The incidents in their order, and how many alerts of each attack and how many others each has, when detectors think
    so of them."""
    opinions = {"attack": cycle(attack), "noise": cycle(noise)}
    thought = [replace(alert, severity=next(opinions[alert.id.partition(" ")[0]])) for alert in alerts]

    def of(alert: TracedAlert) -> str:
        kind, recording, _ = alert.id.split(" ")
        return recording if kind == "attack" else ""

    return [(found, Counter(map(of, found.alerts))) for found in incidents(thought)]


def places(found: Sequence[tuple[Incident, Mapping[str, int]]]) -> tuple[list[int], list[int]]:
    """Where each attack is to be opened first, by the incident with most of it; and where incidents without any are."""
    main: dict[str, int] = {}
    for place, (_, counts) in enumerate(found):
        for recording, count in counts.items():
            if recording and (recording not in main or count > found[main[recording]][1][recording]):
                main[recording] = place
    return sorted(main.values()), [place for place, (_, counts) in enumerate(found) if not any(counts)]


@pytest.mark.parametrize(
    ("attack", "noise"),
    [(ANY, ANY), (("medium",), ("medium",)), (("low", "medium"), ("low", "medium", "high")), (("medium",), ANY)],
    ids=["severities say nothing", "all alike", "noise is graver", "some noise is critical"],
)
def test_every_attack_ranks_before_ordinary_work(
    alerts: Sequence[TracedAlert], attack: Sequence[str], noise: Sequence[str]
) -> None:
    found = graded(alerts, attack, noise)
    attacks, others = places(found)
    assert len(attacks) == len(RECORDED) + 1 and len(others) > 100
    before = [place for place in others if place < attacks[-1]]
    assert len(before) <= ("critical" in noise and "critical" not in attack), [found[place] for place in before]
    assert attacks[-1] < 2 * len(attacks)


def test_a_busy_host_without_a_way_in_ranks_after_attacks(alerts: Sequence[TracedAlert]) -> None:
    busy = [alert for alert in alerts if alert.damage.done > 1_000 and not any(way.outside for way in alert.ways)]
    assert busy
    entered = [alert for alert in alerts if any(way.outside and way.score > 0.5 for way in alert.ways[:1])]
    assert incidents(busy)[0].score < min(incidents([alert])[0].score for alert in entered)
