"""From a kept alert to the selection that it speaks of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from provenance.errors import NothingFound, UsageError
from provenance.store.interface import Alert, Selector, Store
from provenance.trace.anchor import Selection


def of_alert(store: Store, id: str, at: int | None) -> Selection:
    """What an alert is about; `at` (ms since the epoch) instead of its own time. Raises NothingFound, UsageError."""
    for alert in store.alerts():
        if id in (alert.id, alert.external_id):
            return selection_of(alert, at)
    raise NothingFound(f"no alert {id} in the store")


def selection_of(alert: Alert, at: int | None = None) -> Selection:
    """What an alert is about, from the fields of our own alert format (docs: alerts). Raises UsageError."""
    body = alert.body
    process, network, file = (_part(body, name) for name in ("process", "network", "file"))
    command = process.get("command")
    selector = Selector(
        host=body.get("host"),
        command=None if command is None else f"^{re.escape(str(command))}$",
        pid=process.get("pid"),
        file=file.get("path"),
        remote_ip=network.get("remote_ip"),
        remote_port=network.get("remote_port"),
    )
    if selector == Selector() or selector == Selector(host=body.get("host")):
        raise UsageError(f"alert {alert.id} names no process, file or peer")
    time = body.get("time")
    return Selection(selector, at=at if at is not None or time is None else _ms(str(time)))


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}


def _ms(time: str) -> int:
    try:
        when = datetime.fromisoformat(time)
    except ValueError as error:
        raise UsageError(f"{time!r} is no time in RFC 3339") from error
    return round(when.timestamp() * 1000)
