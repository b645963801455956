"""LEEF 1.0 and 2.0 (IBM QRadar), with or without a syslog header.

Source: https://www.ibm.com/docs/en/dsm?topic=leef-overview: attributes are separated by tabs, or in 2.0 by the delimiter that
the header gives as a character or as `x5E`/`0x5E`; `sev` is 1 to 10.
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
    """A LEEF line: the fields of its header, and its attributes."""

    vendor: str
    product: str
    id: str
    attributes: Mapping[str, str]


def parse(line: str) -> Event | None:
    """The LEEF event in a line, None without one."""
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
    found = (_ATTRIBUTE.fullmatch(text) for text in rest.split(delimiter))
    return Event(vendor, product, id, {match["key"]: match["value"].strip() for match in found if match})


def _matches(document: Document) -> bool:
    return document.value is None and _BEGINNING.search(document.text) is not None


def _fields(document: Document) -> Iterator[Fields]:
    event = parse(document.text)
    if event is None:
        raise InputError("invalid LEEF: the header has fewer than five parts")
    values = {key: value for key, value in event.attributes.items() if value}
    host = values.get("identHostName") or values.get("hostName") or document.header.host
    yield {
        "source": "/".join(part for part in ("leef", event.vendor, event.product) if part),
        "id": values.get("externalId") or values.get("eventId") or document.name,
        "title": values.get("msg") or values.get("name") or event.id,
        "rule": event.id or None,
        "severity": grade(values.get("sev"), 4, 7, 9),
        "time": values.get("devTime") or document.header.time,
        "host": host or values.get("src"),
        "hosts": [values[key] for key in ("identSrc", "src", "dst") if key in values] or None,
        "process": {"pid": values.get("pid"), "command": values.get("commandLine"), "exe": values.get("processPath")},
        "file": {"path": values.get("filePath"), "sha256": values.get("sha256")},
        "network": {
            "remote_ip": values.get("dst"),
            "remote_port": values.get("dstPort"),
            "local_ip": values.get("src"),
            "local_port": values.get("srcPort"),
            "protocol": values.get("proto"),
        },
        "user": values.get("usrName"),
        "techniques": techniques(*values.values()),
    }


FORMAT = Format("leef", "LEEF", _matches, _fields, line=True)
