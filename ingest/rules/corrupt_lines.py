"""Lines of a log that are no valid records: each is noted once, however often its log is read."""

from __future__ import annotations

from hashlib import blake2b

from ..state.host import Host

_MOST = 10_000
_SHOWN = 4096


def note(host: Host, source: str, line: int, raw: bytes) -> None:
    """Note a line that is not a valid record, unless it is known. `line` counts from 1 in its `source`."""
    digest = digest_of(raw)
    if digest not in host.corrupt and len(host.corrupt) < _MOST:
        host.corrupt.add(digest)
        host.count("corrupt")
        text = raw[:_SHOWN].decode("utf-8", "surrogateescape")
        host.note(0, 0, "CORRUPT", None, f"{source}, line {line}: {text}")


def digest_of(raw: bytes) -> bytes:
    """The digest by which a corrupt line is recognised when it is read again."""
    return blake2b(raw, digest_size=8).digest()
