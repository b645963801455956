"""Printed values are valid input: short ids and host names, several at once, relative times; and the selection of `find`."""

from __future__ import annotations

import io
import json
import re
from contextlib import closing
from pathlib import Path

import pytest

from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import format_id
from provenance.store.sqlite import SQLiteStore
from tests.conftest import ROOT
from tests.provenance.cli.conftest import Command, Result


def error(result: Result) -> str:
    """The one line of an error."""
    (line,) = result.err.splitlines()
    return line.removeprefix("provenance: ")


def ids(result: Result) -> list[str]:
    """The first word of each line of output."""
    return [line.split()[0] for line in result.out.splitlines()]


@pytest.fixture
def shell(store: Path, command: Command) -> str:
    """The id of the first process that matches curl."""
    return ids(command("find", "--store", store, "--command", "curl"))[0]


def shortest(store: Path, command: Command, id: str) -> str:
    """The shortest beginning of an id that no other entity has."""
    for length in range(2, len(id)):
        if command("show", "--store", store, id[:length]).code == 0:
            return id[:length]
    return id


def test_the_beginning_of_an_id_is_enough(store: Path, command: Command, shell: str) -> None:
    short = shortest(store, command, shell)
    assert len(short) < 8
    place = ("--store", store)
    for words in (("show", *place), ("evidence", *place), ("find", *place, "--id"), ("backtrack", *place, "--id")):
        complete, shortened = (command(*words, id) for id in (shell, short.upper().replace("P", "p", 1)))
        assert complete.code == 0 and (complete.code, complete.out) == (shortened.code, shortened.out)


def test_an_ambiguous_id_lists_five_candidates(store: Path, command: Command, shell: str) -> None:
    for words in (("show",), ("evidence",), ("backtrack", "--id")):
        result = command(words[0], "--store", store, *words[1:], "p")
        assert result.code == 2 and result.out == ""
        assert error(result).startswith("ambiguous id p: it may be p") and error(result).count(" (web01 ") == 5
    two = command("show", "--store", store, shell[:2])
    named = re.findall(r"p[0-9a-f]{16}", error(two))
    assert two.code == 2 and len(named) > 1 and all(id.startswith(shell[:2]) for id in named)


def test_an_unknown_id(store: Path, command: Command) -> None:
    result = command("show", "--store", store, "s1234567")
    assert result.code == 1 and error(result) == "no entity in the store has an id that begins with s1234567"


def test_the_beginning_of_the_id_of_an_alert_is_enough(command: Command, store: Path, tmp_path: Path) -> None:
    case = tmp_path / "case.db"
    assert command("copy", store, case).code == 0
    alerts = [
        {"source": "ndr", "id": f"n{number}", "title": "x", "file": {"path": "/tmp/shell.sh"}} for number in (1, 2)
    ]
    (tmp_path / "alerts.json").write_text(json.dumps(alerts))
    saved = json.loads(command("alert", "--store", case, tmp_path / "alerts.json", "--format", "json").out)["alerts"]
    one, other = (alert["alert"] for alert in saved)
    length = next(place for place in range(40) if one[:place] != other[:place])
    complete, short = (command("backtrack", "--store", case, "--all", "--alert", id) for id in (one, one[:length]))
    assert complete.code == 0 and complete.out == short.out
    result = command("backtrack", "--store", case, "--alert", one[: length - 1])
    assert result.code == (1 if length == 1 else 2) and (length == 1 or (one in result.err and other in result.err))


def test_several_ids_and_standard_input(store: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    found = command("find", "--store", store, "--command", "curl")
    first, second, *_ = ids(found)
    one = json.loads(command("show", "--store", store, first, "--format", "json").out)
    assert one["format"] == "provenance-entity/1"
    both = json.loads(command("show", "--store", store, first, second, "--format", "json").out)
    assert both["format"] == "provenance-entities/1"
    assert [entity["entity"]["id"] for entity in both["entities"]] == [first, second] and both["entities"][0] == one
    monkeypatch.setattr("sys.stdin", io.StringIO(found.out))
    piped = command("show", "--store", store, "-")
    assert [line for line in piped.out.splitlines() if line.startswith("process ")][:1] == [f"process {first} on web01"]
    assert piped.out.count("process p") >= len(ids(found))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{first}\n\n{second}\n"))
    assert ids(command("find", "--store", store, "--id", "-")) == [first, second]
    monkeypatch.setattr("sys.stdin", io.StringIO("p0000000000000001\n" * 10_001))
    assert "more than 10,000 ids" in command("find", "--store", store, "--id", "-").err
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    for words in (("show", "-"), ("find", "--id", "-"), ("evidence", "-")):
        assert command(words[0], "--store", store, *words[1:]).code == 1


def test_evidence_of_several_is_each_event_once(store: Path, command: Command) -> None:
    first, second, *_ = ids(command("find", "--store", store, "--command", "curl"))
    alone = [command("evidence", "--store", store, id, "--format", "json").out for id in (first, second)]
    both = json.loads(command("evidence", "--store", store, first, second, first, "--format", "json").out)
    events = {event["event"] for text in alone for event in json.loads(text)["events"]}
    assert {event["event"] for event in both["events"]} == events and len(both["events"]) == len(events)


@pytest.mark.parametrize("host", ["web01", "WEB01", "w", "Web"])
def test_hosts_in_short(host: str, store: Path, command: Command) -> None:
    result = command("find", "--store", store, "--host", host, "--command", "curl", "--format", "json")
    assert result.code == 0 and {entity["host"] for entity in json.loads(result.out)["entities"]} == {"web01"}


def test_a_mistyped_host(store: Path, command: Command) -> None:
    result = command("find", "--store", store, "--host", "wbe01")
    assert (result.code, error(result)) == (1, "no host 'wbe01' in the store; did you mean web01?")
    assert command("evidence", "--store", store, "wbe01/1.000:1").code == 1


def test_hosts_that_begin_alike(command: Command, tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    event = (
        "node={} type=SYSCALL msg=audit(1795490938.271:7): arch=c000003e syscall=59 success=yes exit=0 items=0 ppid=1 pid=77"
        ' auid=0 uid=0 comm="x" exe="/bin/x"\n'
    )
    log.write_text("".join(map(event.format, ("web", "web1", "WEB2", "Web2"))))
    assert command("ingest", "--store", tmp_path / "case.db", log).code == 0
    expected = {"web": 0, "Web1": 0, "WEB2": 0, "web2": 2, "we": 2}
    for host, code in expected.items():
        result = command("find", "--store", tmp_path / "case.db", "--host", host, "--pid", "77")
        assert result.code == code, host
    assert error(result) == "ambiguous host 'we': it may be WEB2, Web2, web, web1"


def test_a_time_is_relative_to_the_store(store: Path, command: Command) -> None:
    place = ("--store", store, "--host", "web01")
    newest = json.loads(command("find", *place, "--sort", "newest", "--limit", "1", "--format", "json").out)
    last = newest["entities"][0]["first"]
    recent = json.loads(command("find", *place, "--since", "2s ago", "--format", "json").out)["entities"]
    assert recent and recent[-1]["first"] == last
    day, clock = last[:10], last[11:19]
    zurich = f"{int(clock[:2]) + 1:02d}{clock[2:]}"
    for since, zone in (
        (clock, "UTC"),
        (f"today {clock}", "UTC"),
        (f"{day} {zurich}", "Europe/Zurich"),
        (zurich, "Europe/Zurich"),
    ):
        found = command("find", *place, "--since", since, "--timezone", zone, "--format", "json")
        times = [entity["first"] for entity in json.loads(found.out)["entities"]]
        assert times and min(times) >= f"{day}T{clock}" and times[-1] == last
    assert command("find", *place, "--until", "yesterday 17:25").code == 1
    alone = json.loads(command("find", "--store", store, "--since", "2s ago", "--format", "json").out)["entities"]
    assert alone == recent


def test_the_time_of_a_line_is_read_again(store: Path, command: Command) -> None:
    for zone in ("UTC", "Europe/Zurich"):
        line = command("find", "--store", store, "--command", "curl", "--timezone", zone).out.splitlines()[0]
        stamp = " ".join(line.split()[1:4])
        again = command(
            "find", "--store", store, "--command", "curl", "--timezone", zone, "--since", stamp, "--until", stamp
        )
        assert line in again.out.splitlines()


def test_a_relative_time_needs_a_record(command: Command, tmp_path: Path) -> None:
    assert command("token", "create", "--store", tmp_path / "empty.db", "--scope", "read").code == 0
    result = command("prune", "--store", tmp_path / "empty.db", "--before", "2h ago")
    assert result.code == 2 and "no record" in error(result)


def test_counts_come_last_and_beside_the_result(store: Path, command: Command) -> None:
    result = command("find", "--store", store, "--command", "curl")
    assert result.err == f"{len(ids(result))} found ({len(ids(result))} processes) on 1 host\n"
    cut = command("find", "--store", store, "--host", "web01", "--limit", "2")
    assert len(ids(cut)) == 2 and cut.err.endswith("; there are more: --limit 2 was reached\n")


def test_json_lines(store: Path, command: Command) -> None:
    words = ("find", "--store", store, "--command", "curl")
    complete = json.loads(command(*words, "--format", "json").out)["entities"]
    lines = [json.loads(line) for line in command(*words, "--format", "jsonl").out.splitlines()]
    assert lines == [{"format": "provenance-found/1", **entity} for entity in complete] and len(lines) > 1


def test_sorted(store: Path, command: Command) -> None:
    def found(*more: str) -> list[dict[str, str]]:
        words = ("find", "--store", store, "--command", "^(curl|cat)", *more, "--format", "json")
        entities: list[dict[str, str]] = json.loads(command(*words).out)["entities"]
        return entities

    by_time = found()
    assert [entity["first"] for entity in by_time] == sorted(entity["first"] for entity in by_time)
    assert [entity["first"] for entity in found("--sort", "newest")] == sorted(
        (entity["first"] for entity in by_time), reverse=True
    )
    assert [entity["label"] for entity in found("--sort", "label")] == sorted(entity["label"] for entity in by_time)
    assert found("--sort", "newest", "--limit", "1")[0]["first"] == by_time[-1]["first"]


def test_grouped_by_program(store: Path, command: Command) -> None:
    words = ("find", "--store", store, "--command", ".")
    processes = json.loads(command(*words, "--format", "json").out)["entities"]
    document = json.loads(command(*words, "--group-by", "program", "--format", "json").out)
    assert document["format"] == "provenance-find-groups/1"
    assert sum(group["count"] for group in document["groups"]) == len(processes)
    assert {group["program"] for group in document["groups"]} >= {
        process["exe"] for process in processes if process["exe"]
    }
    counts = [group["count"] for group in document["groups"]]
    assert counts == sorted(counts, reverse=True)
    text = command(*words, "--group-by", "program").out.splitlines()
    assert len(text) == len(counts) and text[0].split()[0] == f"{counts[0]:,}"
    largest = command(*words, "--group-by", "program", "--limit", "2")
    assert largest.out.splitlines() == text[:2]
    assert largest.err == (
        f"{len(processes):,} found ({len(processes):,} processes) on 1 host; {len(counts) - 2} more programs not printed:"
        " --limit 2 was reached\n"
    )
    for order in ("time", "newest", "host", "label"):
        in_order = command(*words, "--group-by", "program", "--sort", order).out.splitlines()
        assert sorted(in_order) == sorted(text)
    assert [line.split()[1] for line in in_order] == sorted(line.split()[1] for line in text)
    assert command("find", "--store", store, "--file", "/tmp/shell.sh", "--group-by", "program").code == 1


def test_networks_users_and_flows(store: Path, command: Command) -> None:
    place = ("--store", store, "--format", "json")
    peers = json.loads(command("find", *place, "--remote", "198.51.100.0/24").out)["entities"]
    assert peers and all(peer["ip"].startswith("198.51.100.") for peer in peers)
    assert command("find", *place, "--remote", "203.0.113.0/24").code == 1
    (flow, *_) = json.loads(command("find", *place, "--command", "curl", "--remote", "198.51.100.0/24").out)["entities"]
    assert flow["kind"] == "process" and flow["peer"]["ip"] == "198.51.100.45" and flow["flow"] >= flow["first"]
    (wrote, *_) = json.loads(command("find", *place, "--command", "curl", "--file", "/tmp/shell.sh").out)["entities"]
    assert wrote["peer"]["paths"] == ["/tmp/shell.sh"]
    root = json.loads(command("find", *place, "--user", "0").out)["entities"]
    assert json.loads(command("find", *place, "--user", "root").out)["entities"] == root, "no record has the name"
    assert root and all(0 in (entity.get(name) for name in ("uid", "euid", "auid")) for entity in root)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--remote", "198.51.100.45", "--file", "/tmp/x"), 2, "--remote and --file cannot hold together"),
        (("--alert", "17", "--host", "web01"), 2, "--alert and --host cannot be given together"),
        (("--event", "web01/1.000:1", "--pid", "7"), 2, "--event and --pid cannot be given together"),
        (("--pid", "1", "--since", "03:00", "--until", "02:00"), 2, "--since and --until cannot hold together"),
        (("--command", "curl", "--pid", "999999"), 1, ": --pid 999999 matches nothing"),
        (("--command", "zzz", "--pid", "999999"), 1, "neither --command zzz nor --pid 999999 matches anything"),
        (("--command", "^curl", "--pid", "{pid}"), 1, "nothing matches --command ^curl and --pid {pid}"),
        (("--user", "www-data"), 1, "no record names the user www-data: give the uid instead"),
        (("--id", "{id}", "--command", "^curl"), 1, "{id} does not match command ^curl"),
    ],
)
def test_the_error_names_conditions_that_exclude_each_other(
    words: tuple[str, ...], code: int, message: str, store: Path, command: Command
) -> None:
    (other, *_) = json.loads(command("find", "--store", store, "--command", "^cat ", "--format", "json").out)[
        "entities"
    ]
    known = {"pid": other["pid"], "id": other["id"]}
    result = command("find", "--store", store, *(word.format(**known) for word in words))
    assert (result.code, result.out) == (code, "") and message.format(**known) in error(result)


def test_the_columns_of_show_are_apart(command: Command, tmp_path: Path) -> None:
    case = tmp_path / "case.db"
    assert command("ingest", "--store", case, ROOT / "tests" / "cypher" / "deeds" / "lab01.log.xz").code == 0
    with closing(SQLiteStore(case)) as deeds:
        (flow, *_) = (flow for flow in deeds.all_flows() if flow.kind is FlowKind.CHANGED_OWNER)
        node = deeds.nodes([flow.target])[flow.target]
    shown = command("show", "--store", case, format_id(node.kind, node.id)).out
    assert re.search(r"UTC  CHANGED_OWNER p[0-9a-f]{16} ", shown)
