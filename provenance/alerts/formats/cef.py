r"""CEF (ArcSight Common Event Format), bare or behind a syslog header; and Kaspersky Anti Targeted Attack, which speaks it.

Sources: ArcSight, "Implementing ArcSight Common Event Format (CEF)", version 26 (header escapes `\|` and `\\`, extension
escapes `\=`, `\\`, `\n`, `\r`; keys; severity 0-3 low, 4-6 medium, 7-8 high, 9-10 very high); for KATA
https://support.kaspersky.com/KATA/3.7.2/en-US/175942.htm (severity Low, Medium, High; `eventId`, `shost`).
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

_BEGINNING = re.compile(r"(?:^|(?<=[\s:]))CEF: ?\d+(?:\.\d+)?\|")
_KEY = re.compile(r"(?:^|(?<=\s))([A-Za-z][A-Za-z0-9_.\[\]-]*)=")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NAMED = {"n": "\n", "r": "\r"}
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_PARTS = 7


@dataclass(frozen=True, slots=True)
class Event:
    """A CEF line: its header and its extension, unescaped."""

    vendor: str
    product: str
    signature: str
    name: str
    severity: str
    said: Mapping[str, str]


def parse(line: str) -> Event | None:
    """The event in a line, None when there is none."""
    begin = _BEGINNING.search(line)
    if not begin:
        return None
    parts = split_escaped(line[begin.end() :], "|", _PARTS - 1)
    if len(parts) < _PARTS - 1:
        return None
    vendor, product, _, signature, name, severity, *rest = parts
    return Event(vendor, product, signature, name, severity, _extension(rest[0] if rest else ""))


def split_escaped(text: str, mark: str, most: int) -> list[str]:
    """The parts between unescaped marks, unescaped, at most `most` of them and then the rest as it is."""
    parts: list[str] = []
    begin = position = 0
    pattern = re.compile(rf"\\.|{re.escape(mark)}", re.DOTALL)
    while len(parts) < most:
        found = pattern.search(text, position)
        if not found:
            break
        position = found.end()
        if found[0] == mark:
            parts.append(_unescaped(text[begin : found.start()]))
            begin = position
    return [*parts, text[begin:] if len(parts) == most else _unescaped(text[begin:])]


def _extension(text: str) -> dict[str, str]:
    keys = list(_KEY.finditer(text))
    ends = [*(key.start() for key in keys), len(text)][1:]
    said: dict[str, str] = {}
    for key, end in zip(keys, ends, strict=True):
        said[key[1]] = _unescaped(text[key.end() : end].rstrip(" ")).strip("\t")
    return said


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: _NAMED.get(found[1], found[1]), text) if "\\" in text else text


def _matches(document: Document) -> bool:
    return document.value is None and _BEGINNING.search(document.text) is not None


def _is_kata(document: Document) -> bool:
    event = parse(document.text) if _matches(document) else None
    return event is not None and "kaspersky" in event.vendor.lower() and "targeted attack" in event.product.lower()


def _fields(document: Document) -> Iterator[Fields]:
    event = parse(document.text)
    if event is None:
        raise InputError("no CEF: the header has fewer than seven parts")
    said = event.said
    yield {
        "source": "/".join(part for part in ("cef", event.vendor, event.product) if part),
        "id": said.get("externalId") or said.get("eventId") or document.name,
        "title": event.name or event.signature,
        "rule": event.signature or None,
        "severity": grade(event.severity, 4, 7, 9),
        "time": said.get("rt") or said.get("start") or said.get("end") or document.header.time,
        **_ends(said, document),
        "file": {"path": said.get("filePath") or said.get("fname"), "sha256": _sha256(said)},
        "techniques": techniques(*said.values()),
    }


def _kata(document: Document) -> Iterator[Fields]:
    for fields in _fields(document):
        event = parse(document.text)
        said = event.said if event else {}
        if event and event.signature == "heartbeat":
            raise InputError("a heartbeat: no alert")
        agent = said.get("shost")
        yield {
            **fields,
            "source": "kata",
            "host": agent or fields["host"],
            "hosts": None if agent else fields["hosts"],
            "file": {"path": said.get("filePath") or said.get("fName") or said.get("fname"), "sha256": _sha256(said)},
        }


def _ends(said: Mapping[str, str], document: Document) -> Fields:
    """Who is who: a process named by `sproc` runs on the source, one by `dproc` on the destination, else on the device."""
    at_target = not ("sproc" in said or "spid" in said) and ("dproc" in said or "dpid" in said)
    mine, other = ("d", "s") if at_target else ("s", "d")
    process = {"pid": said.get(f"{mine}pid") or said.get("dvcpid"), "command": None, "exe": said.get(f"{mine}proc")}
    own = {"s": ("shost", "src"), "d": ("dhost", "dst")}[mine]
    ordered = [said.get(key) for key in (*own, "dvchost", "dvc", "dhost", "shost", "dst")]
    hosts = list(dict.fromkeys(host for host in (*ordered, document.header.host) if host))
    return {
        "host": hosts[0] if hosts else None,
        "hosts": hosts[1:] or None,
        "agent": said.get("deviceExternalId"),
        "process": process,
        "network": {
            "remote_ip": _ip(said, other),
            "remote_port": said.get(f"{other}pt"),
            "local_ip": _ip(said, mine),
            "local_port": said.get(f"{mine}pt"),
            "protocol": said.get("proto"),
        },
        "user": said.get(f"{mine}user") or said.get(f"{other}user"),
    }


def _ip(said: Mapping[str, str], end: str) -> str | None:
    """The address of the source (`s`) or the destination; IPv6 has keys of its own."""
    return said.get("src") or said.get("c6a2") if end == "s" else said.get("dst") or said.get("c6a3")


def _sha256(said: Mapping[str, str]) -> str | None:
    return next((value for key, value in said.items() if "hash" in key.lower() and _SHA256.fullmatch(value)), None)


FORMAT = Format("cef", "CEF", _matches, _fields, line=True)
KATA = Format("kata", "Kaspersky Anti Targeted Attack, CEF", _is_kata, _kata, line=True)
