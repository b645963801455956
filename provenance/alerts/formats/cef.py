r"""CEF (ArcSight Common Event Format), with or without a syslog header; and Kaspersky Anti Targeted Attack, which writes CEF.

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
_ESCAPES = {"n": "\n", "r": "\r"}
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_PARTS = 7


@dataclass(frozen=True, slots=True)
class Event:
    """A CEF line: the fields of its header, and the keys and values of its extension, unescaped."""

    vendor: str
    product: str
    signature: str
    name: str
    severity: str
    extension: Mapping[str, str]


def parse(line: str) -> Event | None:
    """The CEF event in a line, None without one."""
    begin = _BEGINNING.search(line)
    if not begin:
        return None
    parts = split_escaped(line[begin.end() :], "|", _PARTS - 1)
    if len(parts) < _PARTS - 1:
        return None
    vendor, product, _, signature, name, severity, *rest = parts
    return Event(vendor, product, signature, name, severity, _extension(rest[0] if rest else ""))


def split_escaped(text: str, mark: str, most: int) -> list[str]:
    """The parts of a text between unescaped marks: at most `most` of them, unescaped, and then the rest unchanged."""
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
    values: dict[str, str] = {}
    for key, end in zip(keys, ends, strict=True):
        values[key[1]] = _unescaped(text[key.end() : end].rstrip(" ")).strip("\t")
    return values


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), text) if "\\" in text else text


def _matches(document: Document) -> bool:
    return document.value is None and _BEGINNING.search(document.text) is not None


def _is_kata(document: Document) -> bool:
    event = parse(document.text) if _matches(document) else None
    return event is not None and "kaspersky" in event.vendor.lower() and "targeted attack" in event.product.lower()


def _fields(document: Document) -> Iterator[Fields]:
    event = parse(document.text)
    if event is None:
        raise InputError("invalid CEF: the header has fewer than seven parts")
    values = event.extension
    yield {
        "source": "/".join(part for part in ("cef", event.vendor, event.product) if part),
        "id": values.get("externalId") or values.get("eventId") or document.name,
        "title": event.name or event.signature,
        "rule": event.signature or None,
        "severity": grade(event.severity, 4, 7, 9),
        "time": values.get("rt") or values.get("start") or values.get("end") or document.header.time,
        **_ends(values, document),
        "file": {"path": values.get("filePath") or values.get("fname"), "sha256": _sha256(values)},
        "techniques": techniques(*values.values()),
    }


def _kata(document: Document) -> Iterator[Fields]:
    for fields in _fields(document):
        event = parse(document.text)
        values = event.extension if event else {}
        if event and event.signature == "heartbeat":
            raise InputError("a heartbeat, not an alert")
        agent = values.get("shost")
        yield {
            **fields,
            "source": "kata",
            "host": agent or fields["host"],
            "hosts": None if agent else fields["hosts"],
            "file": {
                "path": values.get("filePath") or values.get("fName") or values.get("fname"),
                "sha256": _sha256(values),
            },
        }


def _ends(values: Mapping[str, str], document: Document) -> Fields:
    """The host, process and peer of an event: a process in `sproc` runs on the source, one in `dproc` on the destination, any
    other on the device."""
    at_target = not ("sproc" in values or "spid" in values) and ("dproc" in values or "dpid" in values)
    own_side, other_side = ("d", "s") if at_target else ("s", "d")
    process = {
        "pid": values.get(f"{own_side}pid") or values.get("dvcpid"),
        "command": None,
        "exe": values.get(f"{own_side}proc"),
    }
    own = {"s": ("shost", "src"), "d": ("dhost", "dst")}[own_side]
    ordered = [values.get(key) for key in (*own, "dvchost", "dvc", "dhost", "shost", "dst")]
    hosts = list(dict.fromkeys(host for host in (*ordered, document.header.host) if host))
    return {
        "host": hosts[0] if hosts else None,
        "hosts": hosts[1:] or None,
        "agent": values.get("deviceExternalId"),
        "process": process,
        "network": {
            "remote_ip": _ip(values, other_side),
            "remote_port": values.get(f"{other_side}pt"),
            "local_ip": _ip(values, own_side),
            "local_port": values.get(f"{own_side}pt"),
            "protocol": values.get("proto"),
        },
        "user": values.get(f"{own_side}user") or values.get(f"{other_side}user"),
    }


def _ip(values: Mapping[str, str], end: str) -> str | None:
    """The address of the source (`s`) or the destination; IPv6 addresses have separate keys."""
    return values.get("src") or values.get("c6a2") if end == "s" else values.get("dst") or values.get("c6a3")


def _sha256(values: Mapping[str, str]) -> str | None:
    return next((value for key, value in values.items() if "hash" in key.lower() and _SHA256.fullmatch(value)), None)


FORMAT = Format("cef", "CEF", _matches, _fields, line=True)
KATA = Format("kata", "Kaspersky Anti Targeted Attack, CEF", _is_kata, _kata, line=True)
