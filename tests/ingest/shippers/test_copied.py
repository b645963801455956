"""Logs as people pass them on: copied from pages and terminals, from Windows, out of streams, with what stood around them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from provenance.ingest.deriver import Deriver
from provenance.ingest.pyauparse import Parser, events
from tests.ingest.reading import Facts, facts_of

LOG = (Path(__file__).parent / "samples" / "auditd-enriched.log").read_bytes().decode().replace("node=web07 ", "")
LINES = LOG.rstrip("\n").split("\n")
T = "Nov 20 09:40:00"


def facts(log: bytes) -> tuple[Facts, Parser, set[str | None]]:
    parser, deriver = Parser(), Deriver("web07")
    found = parser.feed(log) + parser.close()
    for event in found:
        deriver.push(event)
    return facts_of([deriver.take(), deriver.conclude()]), parser, {event.node for event in found}


def each(form: Callable[[str], str], end: str = "\n") -> bytes:
    return "".join(form(line) + end for line in LINES).encode()


def coloured(line: str) -> str:
    return re.sub(r"(uid=\d+|type=\w+)", lambda found: f"\x1b[01;31m\x1b[K{found[1]}\x1b[m\x1b[K", line)


FORMS: dict[str, tuple[bytes, str | None]] = {
    "quotes of HTML": (each(html.escape), None),
    "colours of grep": (each(coloured), None),
    "zeros at the ends of lines": (each(lambda line: line + "\0"), None),
    "zeros between messages (RFC 6587)": (each(lambda line: f"<13>{T} web07 auditd: {line}\0", ""), "web07"),
    "a block of zeros before the log": (bytes(4096) + LOG.encode(), None),
    "messages that rsyslog has reduced": (each(lambda line: f"{T} web07 audispd: message repeated 2 times: [ {line}]"), "web07"),
    "labels in braces (logcli)": (each(lambda line: f'2026-11-20T09:40:00Z {{host="web07",job="audit"}} {line}'), None),
    "objects one behind another (Firehose)": (each(lambda line: json.dumps({"message": line, "host": "web07"}), ""), "web07"),
    "objects that end in zeros (GELF)": (
        each(lambda line: json.dumps({"version": "1.1", "host": "web07", "short_message": line}) + "\0", ""),
        "web07",
    ),
    "streams that are pushed to Loki": (
        json.dumps({"streams": [{"stream": {"host": "web07"}, "values": [["1", line] for line in LINES]}]}).encode() + b"\n",
        "web07",
    ),
    "tables of Azure's API": (
        json.dumps(
            {"tables": [{"columns": [{"name": "Computer"}, {"name": "SyslogMessage"}], "rows": [["web07", x] for x in LINES]}]}
        ).encode()
        + b"\n",
        "web07",
    ),
    "bulk of Elasticsearch": (
        each(lambda line: '{"index":{"_index":"a"}}\n' + json.dumps({"message": line, "host": {"name": "web07"}})),
        "web07",
    ),
    "alerts.log of Wazuh": (
        each(lambda line: f"2026 Nov 20 09:40:00 (web07) 10.0.0.1->/var/log/audit/audit.log\nRule: 80700 -> 'x'\n{line}\n"),
        "web07",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_a_log_that_was_passed_on_gives_the_facts_of_the_log(name: str) -> None:
    log, node = FORMS[name]
    found, parser, nodes = facts(log)
    expected, _, _ = facts(LOG.encode())
    assert found.flows == expected.flows
    assert {found.labels[id]: node.attributes for id, node in found.nodes.items()} == {
        expected.labels[id]: node.attributes for id, node in expected.nodes.items()
    }
    assert (nodes, parser.counts.corrupt, parser.counts.incomplete) == ({node}, 0, 0)


def test_alerts_of_two_agents_are_of_two_hosts() -> None:
    line = LINES[0]
    log = "".join(f"2026 Nov 20 09:40:00 ({host}) any->/var/log/audit/audit.log\n{line}\n\n" for host in ("a", "b"))
    assert facts(log.encode() + line.encode() + b"\n")[2] == {"a", "b", None}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_utf_16_of_windows(encoding: str, end: str, tmp_path: Path) -> None:
    text = "\ufeff" + end.join([*LINES, ""]).replace("kim", "kím")
    path = tmp_path / "audit.log"
    path.write_bytes(text.encode(encoding))
    found = list(events(path))
    assert len(found) == 16 and all(event.complete for event in found)
    [login] = [event for event in found if event.first("USER_LOGIN") is not None]
    assert login.records[0].enriched["AUID"] == "kím"


def test_a_quote_of_html_in_an_argument_stays() -> None:
    line = 'type=EXECVE msg=audit(1795167600.100:402): argc=2 a0="curl" a1="x=&quot;y"'
    parser = Parser()
    [event] = parser.feed(line.encode() + b"\n") + parser.close()
    assert event.records[0]["a1"] == "x=&quot;y"


def test_an_address_that_laurel_left_in_digits() -> None:
    """By default it writes the bytes (`%02%00`), as of which digits would be a family that nothing has."""
    address = "02009C40CB007107" + 16 * "0"
    value = {"ID": "1795167600.100:402", "SOCKADDR": {"saddr": address}}
    parser = Parser()
    [event] = parser.feed(json.dumps(value).encode() + b"\n") + parser.close()
    assert event.records[0].value("saddr") == address


def test_zeros_within_a_record_are_no_end_of_a_message() -> None:
    """The disk was full, or the machine lost power: what stands before them is cut."""
    parser = Parser()
    log = f"{LINES[1][:90]}".encode() + bytes(100) + f"{LINES[2]}\n{LINES[3]}\n".encode()
    assert len(parser.feed(log) + parser.close()) == 1
    assert (parser.counts.corrupt, parser.counts.records) == (1, 1)
