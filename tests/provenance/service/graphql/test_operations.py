"""Every published operation over HTTP on the bundled incident, compared with the results of the library."""

from __future__ import annotations

import json
import time
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from provenance.ingest.clock import rfc3339
from provenance.ingest.facts import events_of
from provenance.ingest.identity import EntityKind, format_id, parse_id
from provenance.render.as_json import trace_json
from provenance.store.hunts import hunts
from provenance.store.interface import Direction, Node, Selector
from provenance.text.labels import label
from provenance.text.times import instant
from provenance.trace.limits.unrecorded_calls import own_counters
from provenance.trace.slice.anchor import Selection, anchors
from provenance.trace.slice.budget import Budget
from provenance.trace.trace import trace
from tests.provenance.service.graphql.conftest import OPERATIONS, WAIT_S, Served
from tests.provenance.service.graphql.questions import ALERT, BACKWARD, SUBMITTED, every, library_trace


def printed(node: Node) -> str:
    return format_id(node.kind, node.id)


def shell(served: Served) -> str:
    """The program of the alert."""
    (id,) = library_trace(served.store).slice.start
    return format_id(EntityKind.PROCESS, id)


def test_hosts(served: Served) -> None:
    (found,) = every(served, "hosts", "hosts")
    (known,) = served.store.hosts()
    assert (found["id"], found["name"], found["missingEvents"]) == (
        "host:web01",
        "web01",
        known.tallies.get("missing serials", 0),
    )
    assert (found["firstSeen"], found["lastSeen"]) == (instant(known.first), instant(known.last))
    assert {tally["name"]: tally["amount"] for tally in found["tallies"]} == own_counters(known.tallies)
    assert len(found["blind"]) == len(served.store.blinds())


def test_search_by_conditions_goes_through_all_in_order(served: Served) -> None:
    selector = Selector(frozenset({EntityKind.PROCESS}), command="python")
    expected = [printed(node) for node in served.store.find(selector)]
    where = {"kinds": ["PROCESS"], "command": "python"}
    assert len(expected) > 30
    assert [found["id"] for found in every(served, "search", "search", where=where, first=7)] == expected
    ports = [found["label"] for found in every(served, "search", "search", where={"port": ALERT.remote_port})]
    assert [f"{ALERT.remote_ip}:{ALERT.remote_port}/tcp"] == ports


def test_search_by_text_ranks(served: Served) -> None:
    found = list(every(served, "search", "search", where={"text": "/tmp/3333"}, first=5))
    labels = [one["label"] for one in found]
    assert labels[0].startswith("/tmp/3333"), "the whole name is first"
    assert {"/bin/sh /tmp/3333", "chmod +x /tmp/3333"} <= set(labels)
    peers = list(every(served, "search", "search", where={"text": ALERT.remote_ip, "kinds": ["ENDPOINT"]}, first=100))
    assert f"{ALERT.remote_ip}:{ALERT.remote_port}/tcp" in [peer["label"] for peer in peers]
    assert {peer["kind"] for peer in peers} == {"ENDPOINT"}


def test_an_empty_list_of_kinds_matches_nothing(served: Served) -> None:
    for where in ({"text": "java"}, {"user": "0"}, {"host": "web01"}):
        found = served.run("search", where=where | {"kinds": []}, first=1)["search"]
        assert (found["totalCount"] or 0, found["edges"]) == (0, [])


def test_search_by_user_and_prefix(served: Served) -> None:
    by_user = {found["id"] for found in every(served, "search", "search", where={"user": "0"}, first=100)}
    expected = {
        printed(node)
        for node in served.store.find(Selector(frozenset({EntityKind.PROCESS})))
        if 0 in (node.attributes.get("uid"), node.attributes.get("euid"), node.attributes.get("auid"))
    }
    assert by_user == expected != set()
    prefixed = [found["label"] for found in every(served, "search", "search", where={"pathPrefix": "/tmp/"}, first=50)]
    assert prefixed
    assert all("/tmp/" in name for name in prefixed)


def test_entity(served: Served) -> None:
    id = shell(served)
    found = served.run("entity", id=id)["entity"]
    node = served.store.nodes([parse_id(id)[1]])[parse_id(id)[1]]
    assert (found["__typename"], found["id"], found["command"]) == ("Process", id, "bash -i")
    assert found["argv"] == node.attributes["argv"]
    assert found["parent"]["label"] == "bash /tmp/shell.sh"
    assert found["ancestors"][0] == found["parent"]
    assert parse_id(found["incarnation"]["id"])[1] == node.attributes["incarnation"]
    children = {edge["node"]["label"] for edge in found["children"]["edges"]}
    assert "chmod +x /tmp/3333" in children
    assert found["children"]["totalCount"] == len(children)
    assert served.run("entity", id="p0000000000000000") == {"entity": None}


def test_entities_of_every_kind(served: Served) -> None:
    for kind in EntityKind:
        for node in list(served.store.find(Selector(frozenset({kind}))))[:3]:
            found = served.run("entity", id=printed(node))["entity"]
            assert (found["kind"], found["label"]) == (kind.name, label(node))


def test_neighbours_by_kind_and_window(served: Served) -> None:
    id = shell(served)
    place = parse_id(id)[1]
    runs = [*served.store.flows(place, None), *served.store.flows(None, place)]
    found = list(every(served, "neighbours", "entity.flows", id=id, first=5))
    assert {flow["id"] for flow in found} == {
        f"{run.kind.name}-{_id(served, run.source)}-{_id(served, run.target)}" for run in runs
    }
    assert [flow["first"] for flow in found] == sorted(flow["first"] for flow in found)
    written = list(every(served, "neighbours", "entity.flows", id=id, side="OUTGOING", kinds=["SPAWNED", "EXECUTED"]))
    assert {flow["kind"] for flow in written} <= {"SPAWNED", "EXECUTED"}
    assert all(flow["source"]["id"] == id for flow in written)
    early = list(every(served, "neighbours", "entity.flows", id=id, until=found[2]["first"]))
    assert {flow["id"] for flow in early} == {flow["id"] for flow in found if flow["first"] <= found[2]["first"]}


def _id(served: Served, id: int) -> str:
    return printed(served.store.nodes([id])[id])


def test_evidence_is_the_raw_lines(served: Served) -> None:
    id = shell(served)
    place = parse_id(id)[1]
    runs = [*served.store.flows(place, None), *served.store.flows(None, place)]
    keys = {(ms, serial) for run in runs for ms, serial in events_of(run.evidence)}
    found = list(every(served, "evidence", "node.evidence", id=id, first=100))
    assert len(found) == len(keys)
    for event in found[:5]:
        assert all(f":{event['serial']}): " in line for line in event["lines"])
        assert served.run("evidence", id=event["id"])["node"]["lines"] == event["lines"]
    (flow,) = list(every(served, "neighbours", "entity.flows", id=id, kinds=["EXECUTED"], side="INCOMING"))
    behind = list(every(served, "evidence", "node.evidence", id=flow["id"]))
    assert any("type=EXECVE" in line for event in behind for line in event["lines"])


def test_a_process_tree_counts_hidden_children(served: Served) -> None:
    id = shell(served)
    complete = served.run("process-tree", process=id, depth=32, breadth=100)["processTree"]
    assert complete["hidden"] == 0
    narrow = served.run("process-tree", process=id, depth=1, breadth=2)["processTree"]
    assert [row["depth"] for row in narrow["rows"]] == [0, 1, 1]
    top = narrow["rows"][0]
    assert (top["childCount"], top["hidden"]) == (7, 5)
    assert narrow["hidden"] == sum(row["hidden"] for row in narrow["rows"])
    by_parent = Counter(row["parentId"] for row in complete["rows"])
    for row in complete["rows"]:
        assert by_parent[row["process"]["id"]] == row["childCount"]


def test_backward_trace_is_the_librarys(served: Served) -> None:
    found = served.run("trace", **BACKWARD)["trace"]
    expected = trace_json(library_trace(served.store))
    assert (found["nodeCount"], found["flowCount"]) == (len(expected["nodes"]), len(expected["edges"]))
    assert [start["id"] for start in found["start"]] == expected["query"]["start"]
    assert [
        (entry["rank"], entry["entity"]["id"], entry["flow"] and entry["flow"]["id"], entry["score"], entry["reason"])
        for entry in found["entries"]
    ] == [tuple(entry[name] for name in ("rank", "node", "edge", "score", "reason")) for entry in expected["entries"]]
    assert [
        (step["time"], step["flowId"], step["entity"]["id"], step["node"]["id"], step["text"], step["confidence"])
        for step in found["chain"]
    ] == [
        tuple(step[name] for name in ("time", "edge", "entity", "node", "text", "confidence"))
        for step in expected["chain"]
    ]
    assert [(one["hostName"], one["first"], one["via"]) for one in found["hosts"]] == [
        tuple(one[name] for name in ("host", "first", "via")) for one in expected["hosts"]
    ]
    assert [(one["entity"]["id"], one["encoding"]) for one in found["decoded"]] == [
        (one["node"], one["encoding"]) for one in expected["decoded"]
    ]
    assert (found["truncated"], len(found["blind"])) == (None, len(expected["blind"]))


def test_the_slice_in_pages_is_the_librarys(served: Served) -> None:
    expected = trace_json(library_trace(served.store))
    nodes, flows = [], []
    after: dict[str, str | None] = {"nodesAfter": None, "flowsAfter": None}
    while True:
        page = served.run("trace-graph", **BACKWARD, **after)["trace"]
        nodes += [(edge["node"]["entity"]["id"], edge["node"]["bound"]) for edge in page["nodes"]["edges"]]
        flows += [edge["node"] for edge in page["flows"]["edges"]]
        after = {"nodesAfter": _next(page["nodes"], after["nodesAfter"])} | {
            "flowsAfter": _next(page["flows"], after["flowsAfter"])
        }
        if not (page["nodes"]["pageInfo"]["hasNextPage"] or page["flows"]["pageInfo"]["hasNextPage"]):
            break
    assert nodes == [(node["id"], node["bound"]) for node in expected["nodes"]]
    assert {(flow["id"], flow["first"], flow["last"], flow["count"]) for flow in flows} == {
        (edge["id"], edge["first"], edge["last"], edge["count"]) for edge in expected["edges"]
    }


def _next(connection: dict[str, Any], before: str | None) -> str | None:
    """The next cursor; past the end one stays at the end."""
    end: str | None = connection["pageInfo"]["endCursor"]
    return end or before


def test_forward_trace_and_its_budget(served: Served) -> None:
    id = shell(served)
    start: dict[str, Any] = {"direction": "FORWARD", "start": {"id": id}}
    complete = served.run("trace", **start)["trace"]
    found = anchors(served.store, Selection(Selector(), id=parse_id(id)[1]), Direction.FORWARD)
    expected = trace(served.store, Direction.FORWARD, found, None, None, Budget(10_000, 100_000))
    assert complete["nodeCount"] == len(expected.slice.nodes)
    cut = served.run("trace", **start, budget={"nodes": 5})["trace"]
    assert cut["nodeCount"] == 5
    assert "5 entities" in cut["truncated"]["why"]
    assert cut["truncated"]["leftOutFlows"] > 0
    assert all(served.run("entity", id=at)["entity"]["id"] == at for at in cut["truncated"]["at"])


def test_the_steps_of_a_story_are_as_many_as_requested(served: Served) -> None:
    start: dict[str, Any] = {"direction": "BACKWARD", "start": {"id": shell(served)}}
    usual, few, every = (
        served.run("trace", **start, budget=budget)["trace"]["chain"] for budget in ({}, {"steps": 2}, {"steps": None})
    )
    assert len(few) < len(usual) <= 60 and len(usual) < len(every)
    found = anchors(served.store, Selection(Selector(), id=parse_id(shell(served))[1]), Direction.BACKWARD)
    expected = trace(served.store, Direction.BACKWARD, found, None, None, Budget(10_000, 100_000), most_steps=None)
    assert [step["text"] for step in every] == [step.text for step in expected.chain]


def test_the_path_of_an_entity_of_a_trace_leads_to_its_start(served: Served) -> None:
    text = """
    query ($direction: Direction!, $start: SelectionInput!, $at: Time, $entity: ID!) {
      trace(direction: $direction, start: $start, at: $at) {
        start { id }
        path(entity: $entity) { id source { id } target { id } }
      }
    }"""
    expected = library_trace(served.store)
    flows = {edge.id for edge in expected.slice.edges}
    for entry in expected.entries:
        entity = printed(expected.slice.nodes[entry.node])
        found = served.ask(text, **BACKWARD, entity=entity)["trace"]
        ends = [(flow["source"]["id"], flow["target"]["id"]) for flow in found["path"]]
        assert ends[0][0] == entity and ends[-1][1] in [start["id"] for start in found["start"]]
        assert [source for source, _ in ends[1:]] == [target for _, target in ends[:-1]]
        assert {flow["id"] for flow in found["path"]} <= flows
    assert served.ask(text, **BACKWARD, entity=shell(served))["trace"]["path"] == []
    error = served.error_of(text, **BACKWARD, entity="p0000000000000000")
    assert error["extensions"]["code"] == "NOT_FOUND"
    assert error["message"] == "p0000000000000000 is not in this trace"


def test_timeline_holds_every_event_once_in_order(served: Served) -> None:
    expected = {key for edge in library_trace(served.store).slice.edges for key in edge.evidence}
    found = list(every(served, "timeline", "trace.timeline", **BACKWARD, first=100))
    assert len(found) == len(expected)
    assert [one["event"]["time"] for one in found] == sorted(one["event"]["time"] for one in found)
    bars = served.run("timeline", **BACKWARD)["trace"]["histogram"]
    evidence = sum(len(edge.evidence) for edge in library_trace(served.store).slice.edges)
    assert (len(bars), sum(bar["count"] for bar in bars)) == (60, evidence)
    some = list(every(served, "timeline", "trace.timeline", **BACKWARD, kinds=["EXECUTED"], since=ALERT.time))
    assert all(one["event"]["time"] >= ALERT.time for one in some)
    assert {flow["kind"] for one in some for flow in one["flows"]} <= {"EXECUTED"}
    times = sorted(key.ms for key in expected)
    since, until = times[len(times) // 3], times[2 * len(times) // 3]
    span = {"since": rfc3339(since), "until": rfc3339(until)}
    part = list(every(served, "timeline", "trace.timeline", **BACKWARD, **span, first=100))
    assert len(part) == len([key for key in expected if since <= key.ms <= until]) < len(expected)


def test_a_histogram_has_some_intervals_and_not_too_many(served: Served) -> None:
    text = """
    query ($direction: Direction!, $start: SelectionInput!, $at: Time, $buckets: Int!) {
      trace(direction: $direction, start: $start, at: $at) { histogram(buckets: $buckets) { count } }
    }"""
    evidence = sum(len(edge.evidence) for edge in library_trace(served.store).slice.edges)
    for buckets in (1, 500):
        bars = served.ask(text, **BACKWARD, buckets=buckets)["trace"]["histogram"]
        assert (len(bars), sum(bar["count"] for bar in bars)) == (buckets, evidence)
    for buckets in (0, 501):
        assert "expected 1 to 500" in served.error_of(text, **BACKWARD, buckets=buckets)["message"]


def test_way_from_the_entry_to_the_alert(served: Served) -> None:
    found = served.run("trace", **BACKWARD)["trace"]
    source, target = found["entries"][0]["entity"]["id"], found["start"][0]["id"]
    way = served.run("way", source=source, target=target)["way"]
    flows = [step["flow"] for step in way["steps"]]
    assert way["whole"]
    assert (flows[0]["source"]["id"], flows[-1]["target"]["id"]) == (source, target)
    for before, after in pairwise(flows):
        assert before["target"]["id"] == after["source"]["id"]
    passed = [step["passed"] for step in way["steps"]]
    assert passed == sorted(passed)
    assert all(step["flow"]["first"] <= step["passed"] <= step["flow"]["last"] for step in way["steps"])
    early = served.run("way", source=source, target=target, until="2026-11-24T03:28:44Z")
    assert early["way"] == {"whole": True, "steps": []}


def test_best_paths_begin_with_the_way(served: Served) -> None:
    found = served.run("trace", **BACKWARD)["trace"]
    source, target = found["entries"][0]["entity"]["id"], found["start"][0]["id"]
    way = served.run("way", source=source, target=target)["way"]
    answer = served.run("paths", **{"from": source, "to": target, "first": 4})["paths"]
    paths = answer["paths"]
    assert len(paths[0]["steps"]) == len(way["steps"])
    assert [path["rank"] for path in paths] == list(range(1, len(paths) + 1))
    assert len(paths) > 1
    met = set()
    for path in paths:
        flows = [step["flow"] for step in path["steps"]]
        assert (flows[0]["source"]["id"], flows[-1]["target"]["id"]) == (source, target)
        assert all(before["target"]["id"] == after["source"]["id"] for before, after in pairwise(flows))
        assert [step["passed"] for step in path["steps"]] == sorted(step["passed"] for step in path["steps"])
        assert path["arrived"] == path["steps"][-1]["passed"]
        met.add(tuple(flow["target"]["id"] for flow in flows))
    assert len(met) == len(paths)
    assert [len(path["steps"]) for path in paths] == sorted(len(path["steps"]) for path in paths)
    early = served.run("paths", **{"from": source, "to": target, "until": "2026-11-24T03:28:44Z"})["paths"]
    assert early == {"whole": True, "paths": []}


def test_statistics(served: Served) -> None:
    found = served.run("statistics")
    known = served.store.statistics()
    assert {one["kind"]: one["count"] for one in found["statistics"]["entities"]} == {
        kind.name: count for kind, count in known.nodes.items()
    }
    flows = {one["kind"]: one["count"] for one in found["statistics"]["flows"]}
    assert flows == {kind.name: count for kind, count in known.flows.items()}
    assert sum(bar["count"] for bar in found["histogram"]) == sum(flows.values())
    executed = served.run("statistics", kinds=["EXECUTED"])["histogram"]
    assert sum(bar["count"] for bar in executed) == flows["EXECUTED"]
    assert served.run("statistics", host="web01")["histogram"] == found["histogram"]
    assert served.run("statistics", host="elsewhere")["histogram"] == []
    assert served.run("statistics", until="2001-01-01T00:00:00Z")["histogram"] == []
    text = (OPERATIONS / "statistics.graphql").read_text("utf-8")
    assert "minutes: invalid value 0: expected 1 or more" in served.error_of(text, minutes=0)["message"]


def test_an_alert_from_submission_to_its_traces(served: Served) -> None:
    (submitted,) = served.run("submit-alerts", served.analyst, body=SUBMITTED)["submitAlerts"]
    (again,) = served.run("submit-alerts", served.analyst, body=SUBMITTED)["submitAlerts"]
    id = submitted["alert"]["id"]
    assert (submitted["new"], again["new"], again["alert"]["id"]) == (True, False, id)
    found = _done(served, id)
    expected = library_trace(served.store)
    assert found["backtrack"]["nodeCount"] == len(expected.slice.nodes)
    assert [entry["reason"] for entry in found["backtrack"]["entries"]] == [way.reason for way in expected.entries]
    assert found["forward"]["nodeCount"] > 0
    assert found["verdict"]
    assert found["candidates"][0]["entity"]["id"] == format_id(EntityKind.PROCESS, expected.slice.start[0])
    by_alert = served.run("trace", direction="BACKWARD", start={"alert": id})["trace"]
    assert by_alert["nodeCount"] == found["backtrack"]["nodeCount"]
    assert id in [alert["id"] for alert in every(served, "alerts", "alerts", state="DONE")]
    assert served.run("retry-alert", served.analyst, id=id)["retryAlert"]["id"] == id
    _done(served, id)


def test_an_alert_ahead_of_its_log_is_shown_without_traces(served: Served) -> None:
    body = json.dumps({"source": "t", "id": "ahead", "title": "x", "host": "db99", "process": {"command": "id"}})
    (submitted,) = served.run("submit-alerts", served.analyst, body=body)["submitAlerts"]
    _reaches(served, submitted["alert"]["id"], "WAITING")
    found = served.run("alert", id=submitted["alert"]["id"])["alert"]
    assert "db99" in found["reason"]
    assert (found["verdict"], found["backtrack"], found["forward"]) == (None, None, None)


def _done(served: Served, id: str) -> dict[str, Any]:
    _reaches(served, id, "DONE")
    found: dict[str, Any] = served.run("alert", id=id)["alert"]
    return found


def _reaches(served: Served, id: str, state: str) -> None:
    until = time.monotonic() + WAIT_S
    while served.ask("query($id: ID!) { alert(id: $id) { state } }", id=id)["alert"]["state"] != state:
        assert time.monotonic() < until
        time.sleep(0.05)


def _idle(served: Served) -> None:
    """Until alerts of other tests have been worked on, which would join incidents meanwhile."""
    until = time.monotonic() + WAIT_S
    text = "{ queued: alerts(state: QUEUED) { totalCount } running: alerts(state: RUNNING) { totalCount } }"
    while any(found["totalCount"] for found in served.ask(text).values()):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_triage_is_stored_and_no_change_is_lost(served: Served) -> None:
    (submitted,) = served.run("submit-alerts", served.analyst, body=SUBMITTED.replace("1001", "2002"))["submitAlerts"]
    id = submitted["alert"]["id"]
    assert served.run("alert", id=id)["alert"]["triage"]["standing"] == "OPEN"
    first = {"standing": "INVESTIGATING", "assignee": "mira", "version": 0}
    found = served.run("triage-alert", served.analyst, id=id, changeTo=first)["triageAlert"]
    assert (found["standing"], found["assignee"], found["note"], found["version"]) == ("INVESTIGATING", "mira", None, 1)
    text = (OPERATIONS / "triage-alert.graphql").read_text("utf-8")
    late = served.error_of(text, served.analyst, id=id, changeTo={"note": "mine", "version": 0})
    assert late["extensions"] == {"code": "CONFLICT", "version": 1}
    found = served.run("triage-alert", served.analyst, id=id, changeTo={"note": "seen\\n", "assignee": ""})
    assert found["triageAlert"]["note"] == "seen\\n"
    triage = served.run("alert", id=id)["alert"]["triage"]
    assert (triage["standing"], triage["assignee"], triage["note"]) == ("INVESTIGATING", None, "seen\\n")


def test_pins(served: Served) -> None:
    id = shell(served)
    served.run("pin", served.analyst, id=id, comment="the shell")
    served.run("pin", served.analyst, id=id, comment="the reverse shell")
    (pinned,) = [one for one in every(served, "pins", "pins") if one["pinnedId"] == id]
    assert (pinned["comment"], pinned["pinned"]["__typename"]) == ("the reverse shell", "Process")
    assert served.run("unpin", served.analyst, id=id)["unpin"] is True
    assert served.run("unpin", served.analyst, id=id)["unpin"] is False
    assert id not in [one["pinnedId"] for one in every(served, "pins", "pins")]


def test_an_incident_of_its_alerts(served: Served) -> None:
    _idle(served)
    found = served.run("submit-alerts", served.analyst, body=f"[{SUBMITTED},{SUBMITTED.replace('1001', '5005')}]")
    ids = [one["alert"]["id"] for one in found["submitAlerts"]]
    for id in ids:
        _done(served, id)
    (incident,) = {served.run("alert", id=id)["alert"]["incidentId"] for id in ids}
    listed = list(every(served, "incidents", "incidents", first=1))
    assert incident in [one["id"] for one in listed]
    complete = served.run("incident", id=incident)["incident"]
    assert set(ids) <= {edge["node"]["id"] for edge in complete["alerts"]["edges"]}
    assert complete["alerts"]["totalCount"] == next(one["alertCount"] for one in listed if one["id"] == incident)
    entries = library_trace(served.store).entries
    assert complete["entries"][0]["reason"] in [entry.reason for entry in entries]
    assert [step["time"] for step in complete["chain"]] == sorted(step["time"] for step in complete["chain"])
    for id in (incident, ids[0]):
        assert served.ask("query($id: ID!) { node(id: $id) { id } }", id=id)["node"]["id"] == id
    assert served.ask('{ node(id: "incident:none") { id } host(name: "none") { name } }') == {
        "node": None,
        "host": None,
    }
    noted = served.run("note-incident", served.analyst, id=incident, state="ACKNOWLEDGED", assignee="mira", note="mine")
    assert (noted["noteIncident"]["state"], noted["noteIncident"]["assignee"]) == ("ACKNOWLEDGED", "mira")
    assert served.run("incident", id=incident)["incident"]["notes"][-1]["text"] == "mine"


def test_incidents_are_split_and_merged(served: Served) -> None:
    _idle(served)
    found = served.run("submit-alerts", served.analyst, body=f"[{SUBMITTED},{SUBMITTED.replace('1001', '6006')}]")
    ids = [one["alert"]["id"] for one in found["submitAlerts"]]
    for id in ids:
        _done(served, id)
    incident = served.run("alert", id=ids[0])["alert"]["incidentId"]
    split = served.run("split-incident", served.analyst, id=incident, alerts=[ids[1]])["splitIncident"]
    assert split[1]["alertCount"] == 1
    assert served.run("alert", id=ids[1])["alert"]["incidentId"] == split[1]["id"] != split[0]["id"]
    merged = served.run("merge-incidents", served.analyst, id=split[0]["id"], others=[split[1]["id"]])
    assert merged["mergeIncidents"]["alertCount"] == split[0]["alertCount"] + 1
    assert served.run("incident", id=split[1]["id"])["incident"]["id"] == merged["mergeIncidents"]["id"]


def test_alerts_and_incidents_are_filtered(served: Served) -> None:
    _idle(served)
    low = SUBMITTED.replace("1001", "7007").replace('"high"', '"low"')
    (submitted,) = served.run("submit-alerts", served.analyst, body=low)["submitAlerts"]
    id = submitted["alert"]["id"]
    _done(served, id)
    for listed in ({"severities": ["LOW"]}, {"severities": ["LOW", "HIGH"], "host": ALERT.host}, {"host": ALERT.host}):
        assert id in [alert["id"] for alert in every(served, "alerts", "alerts", **listed, first=2)]
    assert list(every(served, "alerts", "alerts", severities=["CRITICAL"])) == []
    assert list(every(served, "alerts", "alerts", host="nowhere")) == []
    complete = {one["id"] for one in every(served, "incidents", "incidents")}
    assert {one["id"] for one in every(served, "incidents", "incidents", host=ALERT.host, first=1)} == complete
    assert list(every(served, "incidents", "incidents", severities=["CRITICAL"])) == []


def test_alerts_are_filtered_by_triage_and_time(served: Served) -> None:
    _idle(served)
    body = f"[{SUBMITTED.replace('1001', '7101')},{SUBMITTED.replace('1001', '7102')}]"
    first_alert, other = (
        one["alert"]["id"] for one in served.run("submit-alerts", served.analyst, body=body)["submitAlerts"]
    )
    change = {"standing": "INVESTIGATING", "assignee": "filter-test"}
    served.run("triage-alert", served.analyst, id=first_alert, changeTo=change)

    def listed(**conditions: Any) -> set[str]:
        return {alert["id"] for alert in every(served, "alerts", "alerts", **conditions)}

    assert (
        listed(assignee="filter-test")
        == listed(assignee="filter-test", standing="INVESTIGATING", first=1)
        == {first_alert}
    )
    assert listed(assignee="filter-test", standing="OPEN") == listed(assignee="nobody-at-all") == set()
    assert other in listed(standing="OPEN") & listed(assignee="")
    assert first_alert not in listed(standing="OPEN") | listed(assignee="")
    assert {first_alert, other} <= listed(since=ALERT.time, until=ALERT.time)
    assert listed(until="2001-01-01T00:00:00Z") == listed(since="2091-01-01T00:00:00Z") == set()


def test_incidents_are_filtered_by_assignee_and_time(served: Served) -> None:
    (submitted,) = served.run("submit-alerts", served.analyst, body=SUBMITTED.replace("1001", "7103"))["submitAlerts"]
    _done(served, submitted["alert"]["id"])
    _idle(served)
    incident = served.run("alert", id=submitted["alert"]["id"])["alert"]["incidentId"]
    served.run("note-incident", served.analyst, id=incident, assignee="filter-test")
    found = list(every(served, "incidents", "incidents", assignee="filter-test"))
    assert [one["id"] for one in found] == [incident]
    assert incident not in [one["id"] for one in every(served, "incidents", "incidents", assignee="")]
    times = {"since": found[0]["first"], "until": found[0]["last"]}
    assert incident in [one["id"] for one in every(served, "incidents", "incidents", **times)]
    assert list(every(served, "incidents", "incidents", until="2001-01-01T00:00:00Z")) == []
    assert list(every(served, "incidents", "incidents", since="2091-01-01T00:00:00Z")) == []


def test_a_hash_that_an_alert_names_finds_its_file(served: Served) -> None:
    own = {
        "source": "edr",
        "id": "h1",
        "title": "miner",
        "host": ALERT.host,
        "file": {"path": "/tmp/3333", "sha256": "A" * 64},
    }
    wazuh = {
        "id": "1795490938.1",
        "timestamp": "2026-11-24T03:28:58.271+0000",
        "rule": {"level": 7, "description": "Integrity checksum changed.", "id": "550"},
        "agent": {"id": "001", "name": ALERT.host},
        "syscheck": {"path": "/tmp/3333", "sha256_after": "b" * 64, "event": "modified"},
    }
    for body in (own, wazuh):
        (submitted,) = served.run("submit-alerts", served.analyst, body=json.dumps(body))["submitAlerts"]
        _done(served, submitted["alert"]["id"])
    files = {one["id"] for one in every(served, "search", "search", where={"path": "/tmp/3333"})}
    assert files
    for hash in ("a" * 64, "A" * 64, "b" * 64):
        found = list(every(served, "search", "search", where={"hash": hash}, first=1))
        assert files <= {one["id"] for one in found}
        assert [one["firstSeen"] for one in found] == sorted(one["firstSeen"] for one in found)
    conditions = {"hash": "a" * 64, "kinds": ["ENDPOINT"]}
    assert list(every(served, "search", "search", where=conditions)) == []
    assert list(every(served, "search", "search", where={"hash": "a" * 64, "host": "elsewhere"})) == []
    assert list(every(served, "search", "search", where={"hash": "c" * 64})) == []
    for invalid in ({"hash": "xyz"}, {"hash": "a" * 64, "path": "/tmp/3333"}):
        text = (OPERATIONS / "search.graphql").read_text("utf-8")
        assert served.error_of(text, where=invalid)["extensions"]["code"] == "BAD_INPUT"


def test_hunts(served: Served) -> None:
    listed = served.run("hunts")["hunts"]
    assert [one["name"] for one in listed] == list(hunts())
    assert all(one["supported"] for one in listed)
    found = served.run("hunt", hunt="shells_on_sockets", first=1)["hunt"]
    names = [column["name"] for column in found["hunt"]["columns"]]
    row = dict(zip(names, found["rows"][0]["values"], strict=True))
    assert (row["time"], row["command"], row["port"]) == ("2026-11-24T03:28:58.271Z", "bash -i", "4444")
    assert found["more"] and len(found["rows"]) == 1


def test_a_hunt_has_bounds(served: Served) -> None:
    expected = served.store.hunt(hunts()["rare_parents"], {"times": 1000})
    times = [{"name": "times", "value": 1000}]
    found = served.run("hunt", hunt="rare_parents", parameters=times, first=1000)["hunt"]
    assert len(found["rows"]) == len(expected.rows)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"first": 0}, "first: invalid value 0: expected 1 to 1000"),
        ({"first": 1001}, "first: invalid value 1001: expected 1 to 1000"),
        ({"parameters": [{"name": "times", "value": 1}] * 2}, "parameters: a parameter is given twice"),
    ],
)
def test_invalid_arguments_of_a_hunt(variables: dict[str, Any], message: str, served: Served) -> None:
    text = (OPERATIONS / "hunt.graphql").read_text("utf-8")
    error = served.error_of(text, hunt="rare_parents", **variables)
    assert (error["extensions"]["code"], error["message"]) == ("BAD_INPUT", message)
