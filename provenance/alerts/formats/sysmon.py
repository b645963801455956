"""Sysmon for Linux: its XML events, as it writes them to syslog.

Source: https://github.com/microsoft/SysmonForLinux, events as in
https://learn.microsoft.com/en-us/sysinternals/downloads/sysmon. The XML is flat, so it is read by its two shapes of
element; an XML parser would obey entities that whoever wrote the line defined.
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
    said = {name: html.unescape(value) for name, value in _DATA.findall(document.text) if value not in ("", "-")}
    head = {name: html.unescape(value) for name, value in _ELEMENT.findall(document.text)}
    if not head.get("EventID", "").isdecimal():
        raise InputError("no event of Sysmon: EventID is missing or no number")
    time = _TIME.search(document.text)
    host = head.get("Computer") or document.header.host
    rule, event = said.get("RuleName"), _NAMES.get(head["EventID"], f"Event {head['EventID']}")
    record = head.get("EventRecordID")
    subject = said.get("TargetFilename") or said.get("Image")
    yield {
        "source": "sysmon",
        "id": f"{host}/{record}" if host and record else document.name,
        "title": ": ".join(part for part in (rule or event, subject) if part),
        "rule": rule,
        "time": _utc(said) or (time and time[1]) or document.header.time,
        "host": host,
        "process": {"pid": said.get("ProcessId"), "command": said.get("CommandLine"), "exe": said.get("Image")},
        "file": {"path": said.get("TargetFilename")},
        **_peer(said),
        "user": said.get("User"),
        "techniques": techniques(rule),
    }


def _utc(said: dict[str, str]) -> str | None:
    return f"{said['UtcTime']}Z" if "UtcTime" in said else None


def _peer(said: dict[str, str]) -> Fields:
    """The ends as the process sees them: of a connection that it did not initiate, the source is the peer."""
    remote, local = ("Source", "Destination") if said.get("Initiated") == "false" else ("Destination", "Source")
    return {
        "network": {
            "remote_ip": said.get(f"{remote}Ip"),
            "remote_port": said.get(f"{remote}Port"),
            "local_ip": said.get(f"{local}Ip"),
            "local_port": said.get(f"{local}Port"),
            "protocol": said.get("Protocol"),
        }
    }


FORMAT = Format("sysmon", "Sysmon for Linux", _matches, _fields, line=True)
