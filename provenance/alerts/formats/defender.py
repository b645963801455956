"""Microsoft Defender: alerts of the Defender for Endpoint API, and of Graph security (`alerts_v2`).

Sources: https://learn.microsoft.com/en-us/defender-endpoint/api/alerts,
https://learn.microsoft.com/en-us/graph/api/resources/security-alert.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provenance.alerts.documents import Document
from provenance.alerts.form import Fields
from provenance.alerts.formats.format import Format
from provenance.alerts.lookup import as_text, at, every, first, techniques


def _matches(document: Document) -> bool:
    value = document.value
    if value is None or not {"id", "title", "severity"} <= value.keys():
        return False
    return "evidence" in value or bool({"machineId", "computerDnsName", "serviceSource"} & value.keys())


def _fields(document: Document) -> Iterator[Fields]:
    value = document.value or {}
    process = _evidence(value, "processId", "processCommandLine")
    file = _evidence(value, "fileDetails") or _evidence(value, "sha256", "filePath")
    address = _evidence(value, "ipAddress")
    device = _evidence(value, "deviceDnsName", "hostName")
    yield {
        "source": "defender",
        "id": first(value, "id") or document.name,
        "title": first(value, "title"),
        "rule": first(value, "detectorId"),
        "severity": first(value, "severity"),
        "time": first(value, "firstEventTime", "firstActivityDateTime", "alertCreationTime", "createdDateTime"),
        "host": first(value, "computerDnsName") or first(device, "deviceDnsName", "hostName"),
        "hosts": every(device, "hostName", "lastIpAddress", "ipInterfaces"),
        "agent": first(value, "machineId") or first(device, "mdeDeviceId"),
        "process": {
            "pid": first(process, "processId"),
            "command": first(process, "processCommandLine"),
            "exe": _path(first(process, "imageFile") or process),
            "start": first(process, "processCreationTime", "processCreationDateTime"),
        },
        "file": {
            "path": _path(first(file, "fileDetails") or file),
            "sha256": first(file, "sha256", "fileDetails.sha256"),
        },
        "network": {"remote_ip": first(address, "ipAddress")},
        "user": first(process, "accountName", "userAccount.accountName") or first(value, "relatedUser.userName"),
        "techniques": techniques(every(value, "mitreTechniques")),
    }


def _evidence(value: Mapping[str, Any], *names: str) -> Any:
    """The first item of evidence that has one of these fields."""
    items = at(value, "evidence")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, Mapping) and any(item.get(name) not in (None, "") for name in names):
            return item
    return None


def _path(file: Any) -> str | None:
    """The path of a file from its folder and name; one of the two if the other is missing or already contains it."""
    folder, name = as_text(first(file, "filePath")), as_text(first(file, "fileName"))
    if folder and name and not folder.endswith(f"/{name}") and folder != name:
        return f"{folder.rstrip('/')}/{name}"
    return folder or name or None


FORMAT = Format("defender", "Microsoft Defender alert", _matches, _fields)
