"""The alert of the bundled incident as a selection of operations, and the library's own trace of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from provenance.demo import incident
from provenance.store.interface import Direction, Selector, Store
from provenance.trace.result import Trace
from provenance.trace.slice.anchor import Selection, anchors
from provenance.trace.slice.budget import Budget
from provenance.trace.trace import trace
from tests.provenance.service.graphql.conftest import Served

ALERT = incident.alert()
START = {
    "host": ALERT.host,
    "command": ALERT.command,
    "remoteIp": ALERT.remote_ip,
    "remotePort": ALERT.remote_port,
}
BACKWARD: dict[str, Any] = {"direction": "BACKWARD", "start": START, "at": ALERT.time}
SUBMITTED = json.dumps(
    {
        "source": "ndr",
        "id": "1001",
        "title": ALERT.title,
        "severity": "high",
        "time": ALERT.time,
        "host": ALERT.host,
        "process": {"command": "bash -i"},
        "network": {"remote_ip": ALERT.remote_ip, "remote_port": ALERT.remote_port},
    }
)


def library_trace(store: Store, direction: Direction = Direction.BACKWARD, **budget: Any) -> Trace:
    """What the library says of the alert."""
    selector = Selector(
        host=ALERT.host, command=ALERT.command, remote_ip=ALERT.remote_ip, remote_port=ALERT.remote_port
    )
    at = 1_795_490_938_271
    found = anchors(store, Selection(selector, at=at), direction)
    return trace(store, direction, found, at << 20, None, Budget(10_000, 100_000, **budget))


def every(served: Served, name: str, path: str, token: str | None = None, **variables: Any) -> Iterator[dict[str, Any]]:
    """The elements of all pages of a published operation whose connection is at a dotted path."""
    after = None
    while True:
        page: Any = served.run(name, token, **variables, after=after)
        for step in path.split("."):
            page = page[step]
        yield from (edge["node"] for edge in page["edges"])
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]
