"""Operations of io_uring, as `uring_op=` of URINGOP records has them (include/uapi/linux/io_uring.h, enum io_uring_op)."""

from __future__ import annotations

OPERATIONS = (
    *("nop", "readv", "writev", "fsync", "read_fixed", "write_fixed", "poll_add", "poll_remove", "sync_file_range"),
    *("sendmsg", "recvmsg", "timeout", "timeout_remove", "accept", "async_cancel", "link_timeout", "connect"),
    *("fallocate", "openat", "close", "files_update", "statx", "read", "write", "fadvise", "madvise", "send", "recv"),
    *("openat2", "epoll_ctl", "splice", "provide_buffers", "remove_buffers", "tee", "shutdown", "renameat", "unlinkat"),
    *("mkdirat", "symlinkat", "linkat", "msg_ring", "fsetxattr", "setxattr", "fgetxattr", "getxattr", "socket"),
    *("uring_cmd", "send_zc", "sendmsg_zc", "read_multishot", "waitid", "futex_wait", "futex_wake", "futex_waitv"),
    *(
        "fixed_fd_install",
        "ftruncate",
        "bind",
        "listen",
        "recv_zc",
        "epoll_wait",
        "readv_fixed",
        "writev_fixed",
        "pipe",
    ),
    *("nop128", "uring_cmd128"),
)
"""Names in lower case, without `IORING_OP_`; the place is the number."""


def operation(text: str | None) -> str:
    """The name of an operation, from its number or the name that `ausearch -i` gives; what no table knows as it is written."""
    value = text or "?"
    if not (value.isascii() and value.isdigit()):
        return value.lower()
    number = int(value[:9])
    return OPERATIONS[number] if number < len(OPERATIONS) else value
