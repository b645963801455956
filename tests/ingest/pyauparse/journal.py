"""Lines of auditd as the journal exports them."""

from __future__ import annotations

import json
from collections.abc import Iterator


def journal_of(log: bytes) -> bytes:
    """Lines of auditd as `journalctl -o export` gives them."""
    return "".join(
        "".join(f"{name}={value}\n" for name, value in entry.items()) + "\n" for entry in _entries(log)
    ).encode()


def json_of(log: bytes) -> bytes:
    """Lines of auditd as `journalctl -o json` gives them."""
    return "".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in _entries(log)).encode()


def _entries(log: bytes) -> Iterator[dict[str, str]]:
    for number, line in enumerate(log.decode().splitlines()):
        head, _, body = line.partition(": ")
        type, stamp = head.split("type=")[1].split(" msg=audit(")
        ms, serial = stamp.removesuffix(")").replace(".", "").split(":")
        yield {
            "__CURSOR": f"s={number}",
            "_TRANSPORT": "audit",
            "_HOSTNAME": "web01",
            "_AUDIT_TYPE_NAME": type,
            "_AUDIT_ID": serial,
            "_SOURCE_REALTIME_TIMESTAMP": f"{ms}000",
            "SYSLOG_IDENTIFIER": "audit",
            "MESSAGE": f"{type} {body}",
        }
