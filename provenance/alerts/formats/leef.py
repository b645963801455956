"""LEEF 1.0 and 2.0 (IBM QRadar), bare or behind a syslog header.

Source: https://www.ibm.com/docs/en/dsm?topic=leef-overview: attributes stand between tabs, or in 2.0 between the delimiter
that the header names as itself or as `x5E`/`0x5E`; `sev` is 1 to 10.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provenance.alerts.documents import Document
from provenance.alerts.form import Fields
from provenance.alerts.formats.format import Format
from provenance.alerts.lookup import grade, techniques
from provenance.errors import InputError

_BEGINNING = re.compile(r"(?:^|(?<=[\s:]))LEEF:(?P<version>[12])(?:\.\d+)?\|")
_DELIMITER = re.compile(r"(?:0?x(?P<code>[0-9a-fA-F]{2,4})|(?P<itself>[^|])?)\|")
_ATTRIBUTE = re.compile(r"\s*(?P<key>[^=\s]+)=(?P<value>.*)", re.DOTALL)
_PARTS = 4


@dataclass(frozen=True, slots=True)
class Event:
    """A LEEF line: its header and its attributes."""

    vendor: str
    product: str
    id: str
    said: Mapping[str, str]


def parse(line: str) -> Event | None:
    """The event in a line, None when there is none."""
    begin = _BEGINNING.search(line)
    if not begin:
        return None
    parts = line[begin.end() :].split("|", _PARTS)
    if len(parts) <= _PARTS:
        return None
    vendor, product, _, id, rest = parts
    delimiter = "\t"
    named = _DELIMITER.match(rest) if begin["version"] == "2" else None
    if named:
        delimiter = chr(int(named["code"], 16)) if named["code"] else named["itself"] or "\t"
        rest = rest[named.end() :]
    found = (_ATTRIBUTE.fullmatch(piece) for piece in rest.split(delimiter))
    return Event(vendor, product, id, {match["key"]: match["value"].strip() for match in found if match})


def _matches(document: Document) -> bool:
    return document.value is None and _BEGINNING.search(document.text) is not None


def _fields(document: Document) -> Iterator[Fields]:
    event = parse(document.text)
    if event is None:
        raise InputError("no LEEF: the header has fewer than five parts")
    said = {key: value for key, value in event.said.items() if value}
    host = said.get("identHostName") or said.get("hostName") or document.header.host
    yield {
        "source": "/".join(part for part in ("leef", event.vendor, event.product) if part),
        "id": said.get("externalId") or said.get("eventId") or document.name,
        "title": said.get("msg") or said.get("name") or event.id,
        "rule": event.id or None,
        "severity": grade(said.get("sev"), 4, 7, 9),
        "time": said.get("devTime") or document.header.time,
        "host": host or said.get("src"),
        "hosts": [said[key] for key in ("identSrc", "src", "dst") if key in said] or None,
        "process": {"pid": said.get("pid"), "command": said.get("commandLine"), "exe": said.get("processPath")},
        "file": {"path": said.get("filePath"), "sha256": said.get("sha256")},
        "network": {
            "remote_ip": said.get("dst"),
            "remote_port": said.get("dstPort"),
            "local_ip": said.get("src"),
            "local_port": said.get("srcPort"),
            "protocol": said.get("proto"),
        },
        "user": said.get("usrName"),
        "techniques": techniques(*said.values()),
    }


FORMAT = Format("leef", "LEEF", _matches, _fields, line=True)
