"""Each hunt finds its subject in the bundled incident, in a recording or in a case made for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from provenance.store.hunts import hunt
from provenance.store.neo4j import Neo4jStore
from tests.conftest import ROOT
from tests.cypher import misdeeds
from tests.cypher.cases import Case, case_on
from tests.cypher.conftest import Recorded
from tests.cypher.files import NAMES, load
from tests.provenance.recordings.recordings import Recording, discovered
from tests.provenance.store.neo4j.servers import LINES, running

HUNTS = [name for name in NAMES if name.startswith("hunt/")]
IN_INCIDENT: dict[str, dict[str, Any]] = {
    "changed_services": {"path": "/etc/rc.local", "kind": "WROTE"},
    "download_then_run": {"path": "/tmp/3333", "ip": "203.0.113.61", "port": 80, "runner": "/bin/sh /tmp/3333"},
    "encoded_commands": {"command": "base64 -d"},
    "executed_from_scratch": {"path": "/tmp/3333", "command": "/bin/sh /tmp/3333"},
    "first_seen_programs": {"exe": "/usr/bin/whoami"},
    "inherited_connections": {"command": "/bin/sh /tmp/3333", "ip": "198.51.100.45", "port": 4444},
    "interpreters_persist": {"path": "/etc/rc.local", "kind": "WROTE", "command": "/usr/bin/python2.7 setup.sh"},
    "listening": {"port": 9010, "protocol": "tcp", "programs": ["/usr/lib/jvm/java-17-openjdk-amd64/bin/java"]},
    "peers_outside": {"ip": "203.0.113.61", "port": 443},
    "rare_parents": {"parent": "/usr/bin/bash", "child": "/usr/bin/wget"},
    "shells_on_sockets": {"command": "bash -i", "ip": "198.51.100.45", "port": 4444},
    "shells_under_services": {"command": "bash /tmp/shell.sh"},
    "written_then_executed": {"path": "/tmp/3333", "runner": "/bin/sh /tmp/3333"},
}
IN_RECORDINGS: dict[str, dict[str, dict[str, Any]]] = {
    "container": {
        "audit_configuration": {"host": "box01", "message": "op=remove_rule key=recorded list=4 res=1"},
        "blind_spots": {"host": "box01"},
        "container_escapes": {"command": "mount --bind /srv/shop/jobs /mnt", "action": "mount /mnt /srv/shop/jobs"},
        "containers": {"command": "mount --bind /srv/shop/jobs /mnt"},
    },
    "cron-ssh": {
        "changed_cron": {"host": "app02", "path": "/etc/cron.d/refresh", "kind": "WROTE"},
        "hosts_reached": {"from": "app02", "to": "db02", "ip": "10.88.0.20", "port": 22},
        "logins": {"host": "db02", "user": "dbadmin", "address": "192.0.2.7", "service": "/usr/sbin/sshd"},
    },
    "ssh-login": {"failed_logins": {"host": "gw01", "times": 4}},
    "deeds": {
        "anomalies": {"kind": "ANOM_ABEND", "message": "comm=bash exe=/usr/bin/bash sig=11 res=1"},
        "authorized_keys": {"path": "/srv/home/u/.ssh/authorized_keys", "kind": "WROTE"},
        "beacons": {"exe": "/srv/agent", "ip": "203.0.113.9", "port": 8443, "times": 6},
        "changed_loader": {"path": "/etc/ld.so.preload", "command": "/usr/bin/touch /etc/ld.so.preload"},
        "changed_login": {"path": "/etc/pam.d/su", "command": "/usr/bin/sed -i $a # nothing /etc/pam.d/su"},
        "changed_logs": {"path": "/var/log/auth.log", "command": "truncate -s 0 /var/log/auth.log"},
        "changed_web_content": {"path": "/srv/www/x.php", "kind": "WROTE"},
        "executed_then_deleted": {"path": "/srv/gone", "deleter": "rm /srv/gone"},
        "in_memory": {"exe": "/memfd:x (deleted)", "command": "x"},
        "logs_tampered": {"path": "/var/log/auth.log", "command": "truncate -s 0 /var/log/auth.log"},
        "memory_made_executable": {"command": "/usr/bin/python3 -S -B /srv/deeds.py executable"},
        "namespace_changes": {"command": "/usr/bin/unshare --mount /usr/bin/true"},
        "read_much_then_sent": {"command": "/usr/bin/python3 -S -B /srv/deeds.py send /srv/files", "ip": "203.0.113.9"},
        "read_secrets": {"path": "/etc/shadow", "processes": 1, "commands": ["cat /etc/shadow"]},
        "setuid_set": {"path": "/srv/suid", "command": "chmod u+s /srv/suid"},
        "ssh_fan_out": {"exe": "/usr/bin/bash", "addresses": ["192.0.2.7", "203.0.113.9"]},
        "sudo_chains": {"by": "/usr/sbin/runuser -u u -- /usr/bin/id", "command": "/usr/bin/id", "uid": 4060},
        "time_changed": {"command": "/usr/bin/date -s 2030-01-01"},
        "traced_others": {"kind": "TRACED", "into": "/usr/bin/sleep 6", "other_user": True},
        "uid_gained": {
            "auid": 4001,
            "euid": 0,
            "command": "nsenter --net=/run/netns/rec-in /usr/bin/touch /etc/ld.so.preload",
        },
        "unpackaged_talks_outward": {"exe": "/srv/agent", "port": 8443},
    },
}
NOT_RECORDED = {
    *("accounts_on_hosts", "changed_accounts", "changed_audit_rules"),
    *("kernel_changes", "kernel_modules", "modules_from_scratch"),
}
"""No recording holds one account on two hosts, a changed file of accounts or rules, or a module loaded into the kernel."""
FOUND = [(recording, name) for recording, rows in IN_RECORDINGS.items() for name in rows]
DEEDS = Recording("deeds", (ROOT / "tests" / "cypher" / "deeds" / "lab01.log.xz",), {})
IN_MISDEEDS: dict[str, dict[str, Any]] = {
    **{name: {"host": "a", "path": path, "command": "/usr/bin/vi x"} for name, path in misdeeds.CHANGED.items()},
    "anomalies": {"kind": "ANOM_PROMISCUOUS", "command": "/usr/bin/insmod x", "message": "dev=eth0 prom=256"},
    "accounts_on_hosts": {"account": "u", "auids": [1000, 2000], "hosts": ["a", "b"], "sessions": 2},
    "beacons": {"ip": "192.0.2.7", "times": 6, "seconds": 60.0},
    "blind_spots": {"host": "a", "why": "records were lost"},
    "containers": {"container": "its parent's pid is of another namespace"},
    "executed_then_deleted": {"path": "/opt/gone", "deleter": "/usr/bin/vi x"},
    "failed_logins": {"times": 3, "message": "op=PAM:authentication acct=root addr=192.0.2.9 res=failed"},
    "hosts_reached": {"from": "a", "to": "b", "port": 22},
    "in_memory": {"exe": "/memfd:x (deleted)"},
    "kernel_changes": {"command": "/usr/bin/insmod x", "action": "loads module x"},
    "kernel_modules": {"path": "/tmp/x.ko"},
    "logins": {"host": "b", "user": "u", "address": "192.0.2.9"},
    "logs_tampered": {"path": "/var/log/wtmp", "kind": "WROTE", "command": "/usr/bin/vi x"},
    "memory_made_executable": {"exe": "/usr/bin/insmod", "times": 1},
    "modules_from_scratch": {"path": "/tmp/x.ko"},
    "namespace_changes": {"command": "/usr/bin/nsenter x"},
    "read_much_then_sent": {"files": 25, "ip": "192.0.2.7"},
    "read_secrets": {"path": "/etc/shadow"},
    "setuid_set": {"path": "/home/u/suid", "mode": "0104755"},
    "ssh_fan_out": {"exe": "/usr/local/bin/agent"},
    "sudo_chains": {"by": "/usr/bin/sudo x", "command": "/usr/bin/id x", "uid": 0},
    "time_changed": {"command": "/usr/sbin/hwclock x", "action": None},
    "traced_others": {"kind": "TRACED", "into": "/usr/bin/id x", "other_user": True},
    "uid_gained": {"auid": 1000, "euid": 0, "command": "/usr/bin/id x"},
    "unpackaged_talks_outward": {"exe": "/usr/local/bin/agent", "port": 443},
    "encoded_commands": {"command": f"/usr/bin/sh -c {'aGVsbG8gd29ybGQh' * 4}"},
}

OTHER_MISDEEDS: list[tuple[str, dict[str, Any]]] = [
    ("modules_from_scratch", {"path": "/tmp/a\nb/y.ko"}),
    ("shells_on_sockets", {"command": "/tmp/a\nb/sh x", "ip": "192.0.2.7"}),
    ("sudo_chains", {"by": "/tmp/a\nb/sudo x"}),
    ("logs_tampered", {"path": "/var/log/a\nb", "command": "/tmp/a\nb/sh x"}),
    ("uid_gained", {"command": "/opt/became x", "uid": 1000, "euid": 0}),
    ("uid_gained", {"command": "/opt/later x"}),
    ("time_changed", {"command": "/usr/bin/insmod x", "action": "shifts the clock by -86400 s"}),
    ("sudo_chains", {"command": "/opt/former former", "uid": 0}),
    ("namespace_changes", {"command": "/usr/bin/unshare former", "uid": 0}),
    ("time_changed", {"command": "/usr/sbin/hwclock former", "uid": 0, "action": None}),
    ("time_changed", {"command": "/opt/clock former", "uid": 0, "action": "at 500000"}),
    ("time_changed", {"command": "/opt/clock former", "uid": 4000, "action": "at 600001"}),
    ("traced_others", {"command": "/opt/tracer former", "kind": "TRACED", "other_user": False}),
    ("traced_others", {"command": "/opt/tracer former", "kind": "INJECTED", "other_user": True}),
]
HARMLESS: list[tuple[str, dict[str, Any]]] = [
    ("authorized_keys", {"path": "/home/u/.ssh/known_hosts"}),
    ("read_secrets", {"path": "/home/u/.ssh/id_rsa.pub"}),
    ("time_changed", {"command": "/usr/bin/date -Iseconds"}),
    ("time_changed", {"command": "/usr/bin/date -d 20300101 +%s"}),
    ("encoded_commands", {"command": f"/usr/bin/shim -id {'0a' * 32}"}),
    ("encoded_commands", {"command": f"/usr/bin/ls /{'home/' * 14}"}),
    ("uid_gained", {"command": "/opt/while_root x"}),
    ("uid_gained", {"command": "/opt/after x"}),
    ("unpackaged_talks_outward", {"exe": "/usr/bin/curl"}),
]
"""Harmless rows beside the misdeeds in the same case, which a hunt must not return."""


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
def test_finds_rows_in_the_incident(seed: Case, name: str) -> None:
    assert any(holds(row, IN_INCIDENT[name]) for row in seed.ask(f"hunt/{name}"))


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(("recording", "name"), FOUND)
def test_finds_rows_in_a_recording(recorded: Recorded, line: str, recording: str, name: str) -> None:
    (found,) = (known for known in (DEEDS, *discovered()) if known.name == recording)
    rows = recorded(line, found).ask(f"hunt/{name}")
    expected = IN_RECORDINGS[recording][name]
    assert any(holds({**row, **in_order(row)}, expected) for row in rows)


def in_order(row: dict[str, Any]) -> dict[str, Any]:
    """The lists of a row in sorted order: a server collects them in any order."""
    return {name: sorted(value, key=str) for name, value in row.items() if isinstance(value, list)}


@pytest.mark.parametrize("name", IN_MISDEEDS)
def test_finds_rows_in_a_case_made_for_it(bad_case: Case, name: str) -> None:
    rows = bad_case.ask(f"hunt/{name}")
    assert any(holds({**row, **in_order(row)}, IN_MISDEEDS[name]) for row in rows)


@pytest.mark.parametrize(("name", "expected"), OTHER_MISDEEDS)
def test_finds_other_programs_and_names(bad_case: Case, name: str, expected: dict[str, Any]) -> None:
    assert any(holds(row, expected) for row in bad_case.ask(f"hunt/{name}"))


@pytest.mark.parametrize(("name", "harmless"), HARMLESS)
def test_skips_harmless_rows(bad_case: Case, name: str, harmless: dict[str, Any]) -> None:
    rows = bad_case.ask(f"hunt/{name}")
    assert rows
    assert not any(holds(row, harmless) for row in rows)


@pytest.mark.parametrize("name", NAMES)
def test_patterns_match_line_breaks(name: str) -> None:
    """Names that an attacker chooses may contain any character."""
    assert re.findall(r"\.(?:exe|text|command|path|host|user) =~ '(?!\(\?s\))", load(name).body) == []


@pytest.mark.parametrize("name", HUNTS)
def test_returns_the_columns_of_its_header(bad_case: Case, name: str) -> None:
    header_columns = re.search(r"Returns:(.*?)\.\n", load(name).header, re.DOTALL)
    assert header_columns is not None
    known = hunt(name.removeprefix("hunt/"))
    columns = bad_case.driver.execute_query(
        load(name).body, {"case": "nothing", **known.parameters}, database_="neo4j"
    ).keys
    assert [column.name for column in known.columns] == columns
    assert [re.sub(r"\(.*\)", "", part).strip() for part in header_columns[1].split(",")] == columns


@pytest.mark.parametrize("name", sorted({*IN_MISDEEDS, "container_escapes"} - {*IN_INCIDENT, "blind_spots"}))
def test_a_hunt_for_misdeeds_finds_nothing_in_the_incident(seed: Case, name: str) -> None:
    assert seed.ask(f"hunt/{name}") == []


def test_every_hunt_is_tested_and_nearly_all_on_recordings() -> None:
    names = {name.removeprefix("hunt/") for name in HUNTS}
    recorded = {*IN_INCIDENT, *(name for _, name in FOUND)}
    assert names == recorded | NOT_RECORDED
    assert not recorded & NOT_RECORDED
    assert IN_MISDEEDS.keys() >= NOT_RECORDED
    assert len(recorded) >= 30
