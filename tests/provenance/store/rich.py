"""A store with all kinds of data that a copy must hold: two hosts with connections, alerts, blind intervals, raw lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from provenance.alerts.alert import Alert
from provenance.alerts.intake import submit
from provenance.ingest.clock import FIRST, LAST
from provenance.ingest.facts import Batch, Blind, Entity, Flow, FlowKind, Name, pack_evidence
from provenance.ingest.identity import EntityKind, endpoint_id, path_id, process_id
from provenance.intake.run import ingest
from provenance.store.interface import Store
from provenance.transfer.digest import digest
from provenance.transfer.documents import NOT_COPIED
from tests.provenance.intake.logs import cut, recorded

LINES = 5_000
HOSTS = ("web01", "db01")
NASTY = (
    "",
    " ",
    "a,b;c",
    "say \"hi\" 'now' `here` \\",
    "two\nlines\r\nand\ttabs",
    "\x00\x01\x1b[31m\x1f\x7f\x85\u2028\u202e\ufeff\ufffe\uffff",
    "\udcff\udc80\ufffd\ufffdudcff\U0001f600",
    "null",
    "=1+1",
)
"""Text as an attacker chooses it."""


def logs(folder: Path, lines: int = LINES) -> list[list[Path]]:
    """The logs of two hosts, each in two parts."""
    recording = recorded(lines)
    parts: list[list[Path]] = [[], []]
    for host in HOSTS:
        place = folder / host
        place.mkdir()
        content = recording.replace(b"node=web01 ", b"node=%s " % host.encode())
        for part, path in zip(parts, cut(place, content, len(parts)), strict=True):
            part.append(path)
    return parts


def fill(store: Store, paths: list[Path]) -> None:
    """Ingest logs, and add kinds of data that they lack."""
    ingest(store, [str(path) for path in paths])
    with store.writer() as writer:
        for batch in nasty():
            writer.apply(batch)
        writer.join(reached(), replace=False)
        for skew, host in enumerate(HOSTS, 7):
            writer.describe_host(host, [f"192.0.2.{skew}"], skew)
    hashed = {"severity": "high", "list": ["\udcff", None], "file": {"sha256": "a" * 64}}
    submit(
        store.documents(), [Alert("a1", "ndr", "1001", "title \udcff\n", hashed), Alert("a2", "edr", "1", "", {})], 7
    )


def nasty() -> list[Batch]:
    """Entities, names, notes and blind intervals made of hostile text and extreme numbers."""
    batches = []
    for host in HOSTS:
        batch = Batch(host)
        for number, text in enumerate(NASTY, 1):
            process, file = process_id(host, -number, 1), path_id(host, text, number)
            argv = [text, str(number), text]
            extreme = {"pid": number, "argv": argv, "command": " ".join(argv), "uid": 1 << 70, "end": (1 << 62) - 1}
            batch.entities.append(Entity(process, EntityKind.PROCESS, host, number, extreme | {"user": text}))
            batch.entities.append(Entity(file, EntityKind.FILE, host, number, {"path": text, "inode": (1 << 64) - 1}))
            batch.names += [Name(file, text, number, number + 1), Name(file, text + "/" * 300, number, number)]
            packed = pack_evidence((1_700_000_000_000, number))
            batch.flows.append(Flow(FlowKind.WROTE, process, file, number, number, 1, packed, False, {"what": text}))
            batch.blinds.append(Blind(host, number, number + 5, text))
        process = process_id(host, 1, 1)
        for argv in ([], [""], ["", ""]):
            batch.entities.append(Entity(process + len(argv), EntityKind.PROCESS, host, 1, {"argv": argv, "exe": None}))
        batches.append(batch)
    return batches


def reached() -> list[Flow]:
    """Connections between both hosts, one of them without evidence."""
    ends = [endpoint_id(host, "tcp", f"192.0.2.{number}", 22) for number, host in enumerate(HOSTS)]
    evidence = (pack_evidence((1_700_000_000_000, 7)), b"")
    return [
        Flow(
            FlowKind.REACHED,
            source,
            target,
            first,
            first + 9,
            1,
            packed,
            False,
            {"confidence": 0.5, "reason": "\udcff"},
        )
        for first, ((source, target), packed) in enumerate(zip((ends, ends[::-1]), evidence, strict=True), 50)
    ]


def everything(store: Store) -> dict[str, Any]:
    """All contents of a store as comparable values."""
    hosts = store.hosts()
    counted = store.statistics()
    moved = [kind for kind in store.documents().kinds() if kind not in NOT_COPIED]
    return {
        "digest": digest(store),
        "hosts": hosts,
        "documents": [document for kind in moved for document in store.documents().page(kind)],
        "blinds": store.blinds(),
        "checkpoints": {host.host: store.checkpoint(host.host) for host in hosts},
        "lines": {host.host: sorted(store.lines(host.host)) for host in hosts},
        "reached": list(store.flows(None, None, FlowKind.REACHED)),
        "notes": {host.host: sorted(store.notes(host.host, FIRST, LAST), key=str) for host in hosts},
        "connections": sorted(store.connections(), key=repr),
        "counts": (counted.nodes, counted.flows),
    }
