"""Threads on kernels before 4.9: `pid=` is the number of the thread, so records of one process come under many numbers.

Only the record of clone with CLONE_THREAD says that a number is a thread's. A record is the thread's if its process runs, has
had threads since its last execve, and has the same parent and program (threads share both). Newer kernels write the number of the
process, and a thread's number comes only when a new process has it.

The clone is not recorded when the log begins later than the process, or by its rules. Then records of a thread look like those
of a process beside others of the same parent, program and session, which children of a server that forks look like too. So
threads are joined only where a record shows it (`ingest.rules.inferred_threads`), and what may be threads is reported.
"""

from __future__ import annotations

import re
from itertools import islice

from ..clock import RANK_BITS
from ..pyauparse import Event
from ..state.host import Host
from ..state.objects import Image

UNKNOWN, WRITTEN, NOT_WRITTEN = 0, 1, 2
"""Whether the kernel writes numbers of threads into its records."""
_FIRST_WITHOUT = (4, 9)
"""Linux 4.9 writes those of processes (commit fa2bea2f5cca, "audit: consistently record PIDs with task_tgid_nr()")."""
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})")
_KEPT = 4096
_AFTERLIFE = 1000 << RANK_BITS
"""For this long after exit_group, records of other threads can still come."""


def set_kernel(host: Host, version: str | None) -> None:
    """The daemon reports the version of the kernel."""
    found = _VERSION.match(version or "")
    if found is not None:
        host.thread_numbers = WRITTEN if (int(found[1]), int(found[2])) < _FIRST_WITHOUT else NOT_WRITTEN


def recognise_kernel(host: Host, event: Event) -> None:
    """The kernel of RHEL 7 (3.10) calls `objtype` what the kernels from 3.17 on call `nametype` in PATH records: it shows an old
    kernel where the daemon does not report the version."""
    if host.thread_numbers == UNKNOWN and b" objtype=" in event.raw:
        record = event.first("PATH")
        if record is not None and record.get("objtype") is not None:
            host.thread_numbers = WRITTEN


def begin(host: Host, process: Image, number: int) -> None:
    """A process has a new thread of this number."""
    process.threads = True
    host.threads.pop(number, None)
    if len(host.threads) >= _KEPT:
        for old in list(islice(host.threads, _KEPT // 4)):
            del host.threads[old]
    host.threads[number] = process.pid


def process_of(host: Host, number: int, ppid: int | None = None, exe: str | None = None) -> Image | None:
    """The process whose thread a record is about; None when the number is that of a process. `ppid` and `exe` are what the
    record says, if it does."""
    pid = host.threads.get(number)
    if pid is None or pid == number:
        return None
    process = host.live.get(pid)
    if process is None:
        former = host.ended.get(pid)
        if former is not None and host.moment - (former.end or 0) < _AFTERLIFE:
            process = former
    if process is not None and _shared(process, ppid, exe):
        return process
    del host.threads[number]
    return None


def _shared(process: Image, ppid: int | None, exe: str | None) -> bool:
    return (
        process.threads and ppid in (None, process.ppid) and (exe is None or process.exe is None or exe == process.exe)
    )
