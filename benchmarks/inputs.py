"""Inputs for the benchmarks: a longer log made from the bundled incident, the same on every machine."""

from __future__ import annotations

import lzma
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

HOST = "web01"
_STAMP = re.compile(rb"msg=audit\((\d+)\.(\d{3}):(\d+)\)")
_NODE = re.compile(rb"^node=\S+ ", re.MULTILINE)
_APART_MS = 1000


def recording() -> bytes:
    """The lines of the bundled incident, without `node=`."""
    packed = resources.files("provenance.demo").joinpath("data/web01.log.xz").read_bytes()
    return _NODE.sub(b"", lzma.decompress(packed))


def repeated(log: bytes, copies: int) -> Iterator[bytes]:
    """A log `copies` times, each copy with later times and serials than the one before."""
    parts = _STAMP.split(log)
    times = [int(second) * 1000 + int(ms) for second, ms in zip(parts[1::4], parts[2::4], strict=True)]
    serials = [int(serial) for serial in parts[3::4]]
    texts = parts[4::4]
    if not times:
        return
    apart_ms = max(times) - min(times) + _APART_MS
    apart = max(serials) - min(serials) + 1
    for copy in range(copies):
        ms_later, serials_later = copy * apart_ms, copy * apart
        yield parts[0] + b"".join(
            b"msg=audit(%d.%03d:%d)%b" % (*divmod(ms + ms_later, 1000), serial + serials_later, text)
            for ms, serial, text in zip(times, serials, texts, strict=True)
        )


def write_log(path: Path, copies: int) -> Path:
    """Write the incident `copies` times to `path`, unless the file exists."""
    if not path.exists():
        unfinished = path.with_suffix(".part")
        log = recording()
        with unfinished.open("wb") as stream:
            for part in repeated(log, copies):
                stream.write(part)
        unfinished.rename(path)
    return path


def events_in(path: Path) -> int:
    """The number of events in a log."""
    with path.open("rb") as stream:
        return len({(line[:11] == b"type=DAEMON", found[3]) for line in stream if (found := _STAMP.search(line))})


def of_two_hosts(log: Path, folder: Path) -> list[Path]:
    """The halves of a log without `node=` as logs of two hosts."""
    content = log.read_bytes()
    middle = content.index(b"\ntype=SYSCALL ", len(content) // 2) + 1
    halves = []
    for name, half in (("web01", content[:middle]), ("web02", content[middle:])):
        path = folder / f"half-{name}.log"
        path.write_bytes(re.sub(rb"^(?=.)", b"node=%b " % name.encode(), half, flags=re.MULTILINE))
        halves.append(path)
    return halves
