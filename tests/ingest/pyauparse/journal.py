"""Lines of auditd as the journal exports them."""

from __future__ import annotations


def journal_of(log: bytes) -> bytes:
    """Lines of auditd as `journalctl -o export` gives them."""
    entries = []
    for number, line in enumerate(log.decode().splitlines()):
        head, _, body = line.partition(": ")
        type, stamp = head.split("type=")[1].split(" msg=audit(")
        ms, serial = stamp.removesuffix(")").replace(".", "").split(":")
        entries.append(
            f"__CURSOR=s={number}\n_TRANSPORT=audit\n_HOSTNAME=web01\n_AUDIT_TYPE_NAME={type}\n_AUDIT_ID={serial}\n"
            f"_SOURCE_REALTIME_TIMESTAMP={ms}000\nSYSLOG_IDENTIFIER=audit\nMESSAGE={type} {body}\n\n"
        )
    return "".join(entries).encode()
