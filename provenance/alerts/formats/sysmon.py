"""Sysmon for Linux: its XML events, as it writes them to syslog.

Source: https://github.com/microsoft/SysmonForLinux, events as in
https://learn.microsoft.com/en-us/sysinternals/downloads/sysmon. The XML is flat, so two patterns read its elements; an XML
parser would expand entities that the sender of the line defined.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from provenance.alerts.documents import Document
from provenance.alerts.form import Fields
from provenance.alerts.formats.format import Format
from provenance.alerts.lookup import techniques
from provenance.errors import InputError

_PROVIDER = re.compile(r"<Provider Name=\"Linux-Sysmon\"")
_DATA = re.compile(r"<Data Name=\"(\w{1,40})\">([^<]*)</Data>")
_ELEMENT = re.compile(r"<(EventID|Computer|EventRecordID)>([^<]*)</\1>")
_TIME = re.compile(r"<TimeCreated SystemTime=\"([^\"]*)\"")
_NAMES = {
    "1": "Process created",
    "3": "Network connection",
    "5": "Process terminated",
    "9": "Raw read of a device",
    "11": "File created",
    "23": "File deleted",
}


def _matches(document: Document) -> bool:
    return document.value is None and _PROVIDER.search(document.text) is not None


def _fields(document: Document) -> Iterator[Fields]:
    data = {name: html.unescape(value) for name, value in _DATA.findall(document.text) if value not in ("", "-")}
    head = {name: html.unescape(value) for name, value in _ELEMENT.findall(document.text)}
    if not head.get("EventID", "").isdecimal():
        raise InputError("invalid Sysmon event: EventID is missing or not a number")
    time = _TIME.search(document.text)
    host = head.get("Computer") or document.header.host
    rule, event = data.get("RuleName"), _NAMES.get(head["EventID"], f"Event {head['EventID']}")
    record = head.get("EventRecordID")
    subject = data.get("TargetFilename") or data.get("Image")
    yield {
        "source": "sysmon",
        "id": f"{host}/{record}" if host and record else document.name,
        "title": ": ".join(part for part in (rule or event, subject) if part),
        "rule": rule,
        "time": _utc(data) or (time and time[1]) or document.header.time,
        "host": host,
        "process": {"pid": data.get("ProcessId"), "command": data.get("CommandLine"), "exe": data.get("Image")},
        "file": {"path": data.get("TargetFilename")},
        **_peer(data),
        "user": data.get("User"),
        "techniques": techniques(rule),
    }


def _utc(data: dict[str, str]) -> str | None:
    return f"{data['UtcTime']}Z" if "UtcTime" in data else None


def _peer(data: dict[str, str]) -> Fields:
    """The ends of a connection as the process sees them: if it did not initiate the connection, the source is the peer."""
    remote, local = ("Source", "Destination") if data.get("Initiated") == "false" else ("Destination", "Source")
    return {
        "network": {
            "remote_ip": data.get(f"{remote}Ip"),
            "remote_port": data.get(f"{remote}Port"),
            "local_ip": data.get(f"{local}Ip"),
            "local_port": data.get(f"{local}Port"),
            "protocol": data.get("Protocol"),
        }
    }


FORMAT = Format("sysmon", "Sysmon for Linux", _matches, _fields, line=True)
