"""Each hunt finds what it looks for: in the bundled incident, or in a case made for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from provenance.store.neo4j import Neo4jStore
from tests.cypher import misdeeds
from tests.cypher.cases import Case, case_on
from tests.cypher.files import NAMES, load
from tests.provenance.store.neo4j.servers import LINES, running

HUNTS = [name for name in NAMES if name.startswith("hunt/")]
IN_INCIDENT: dict[str, dict[str, Any]] = {
    "changed_services": {"path": "/etc/rc.local", "kind": "WROTE"},
    "download_then_run": {"path": "/tmp/3333", "ip": "203.0.113.61", "port": 80, "runner": "/bin/sh /tmp/3333"},
    "encoded_commands": {"command": "base64 -d"},
    "executed_from_scratch": {"path": "/tmp/3333", "command": "/bin/sh /tmp/3333"},
    "first_seen_programs": {"exe": "/usr/bin/whoami"},
    "listening": {"port": 9010, "protocol": "tcp"},
    "peers_outside": {"ip": "203.0.113.61", "port": 443},
    "rare_parents": {"parent": "/usr/bin/bash", "child": "/usr/bin/wget"},
    "shells_on_sockets": {"command": "bash -i", "ip": "198.51.100.45", "port": 4444},
    "shells_under_services": {"command": "bash /tmp/shell.sh"},
    "written_then_executed": {"path": "/tmp/3333", "runner": "/bin/sh /tmp/3333"},
}
IN_MISDEEDS: dict[str, dict[str, Any]] = {
    **{name: {"host": "a", "path": path, "command": "/usr/bin/vi x"} for name, path in misdeeds.CHANGED.items()},
    "accounts_on_hosts": {"auid": 1000, "user": ["u"], "sessions": 2},
    "beacons": {"ip": "192.0.2.7", "times": 6, "seconds": 60.0},
    "blind_spots": {"host": "a", "why": "records were lost"},
    "containers": {"container": "its parent's pid is of another namespace"},
    "executed_then_deleted": {"path": "/opt/gone", "deleter": "/usr/bin/vi x"},
    "hosts_reached": {"from": "a", "to": "b", "port": 22},
    "in_memory": {"exe": "/memfd:x (deleted)"},
    "kernel_modules": {"path": "/tmp/x.ko"},
    "logins": {"host": "b", "user": "u", "address": "192.0.2.9"},
    "namespace_changes": {"command": "/usr/bin/nsenter x"},
    "read_much_then_sent": {"files": 25, "ip": "192.0.2.7"},
    "read_secrets": {"path": "/etc/shadow"},
    "setuid_set": {"path": "/home/u/suid", "mode": "0104755"},
    "ssh_fan_out": {"exe": "/srv/agent"},
    "sudo_chains": {"by": "/usr/bin/sudo x", "command": "/usr/bin/id x", "uid": 0},
    "time_changed": {"command": "/usr/bin/date x"},
    "traced_others": {"kind": "TRACED", "into": "/usr/bin/id x", "other_user": True},
    "uid_gained": {"auid": 1000, "euid": 0, "command": "/usr/bin/id x"},
    "unpackaged_talks_outward": {"exe": "/srv/agent", "port": 443},
}


def fill_misdeeds(store: Neo4jStore) -> None:
    with store.writer() as writer:
        misdeeds.write(writer)


@pytest.fixture(scope="module", params=LINES)
def bad_case(request: pytest.FixtureRequest) -> Iterator[Case]:
    """The case of `misdeeds`."""
    with case_on(running(request.param), fill_misdeeds) as case:
        yield case


def holds(row: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Whether a row has the expected values among its own."""
    return all(row[name] == value for name, value in expected.items())


@pytest.mark.parametrize("name", IN_INCIDENT)
def test_finds_it_in_the_incident(seed: Case, name: str) -> None:
    assert any(holds(row, IN_INCIDENT[name]) for row in seed.ask(f"hunt/{name}"))


@pytest.mark.parametrize("name", IN_MISDEEDS)
def test_finds_it_in_a_case_made_for_it(bad_case: Case, name: str) -> None:
    rows = bad_case.ask(f"hunt/{name}")
    assert any(holds(row, IN_MISDEEDS[name]) for row in rows)
    declared = re.search(r"Returns:(.*?)\.\n", load(f"hunt/{name}").header, re.DOTALL)
    assert declared is not None and {part.strip() for part in declared[1].split(",")} == set(rows[0])


@pytest.mark.parametrize("name", sorted(set(IN_MISDEEDS) - set(IN_INCIDENT) - {"blind_spots"}))
def test_accuses_nobody_of_what_did_not_happen(seed: Case, name: str) -> None:
    assert seed.ask(f"hunt/{name}") == []


def test_every_hunt_is_tested() -> None:
    assert {name.removeprefix("hunt/") for name in HUNTS} == set(IN_INCIDENT) | set(IN_MISDEEDS)
    assert len(HUNTS) >= 30
