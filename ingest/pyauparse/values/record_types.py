"""Names of record types. A daemon older than the kernel writes a number for types that it does not know: `UNKNOWN[1334]`."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from ..tables import names

_OTHERS = {1204: "DAEMON_RECONFIG", 1427: "BPF_LSM_ACCESS"}
"""Types that the packages of `tables` do not know: one of include/uapi/linux/audit.h that is newer, and one of audit-records.h
that auditd sends to itself and leaves out of its logs."""
_NUMBERED = re.compile(r"(?:UNKNOWN\[)?(\d{1,5})\]?\Z")

ALONE = frozenset(
    name for number, name in names("record_type").items() if 1100 <= number < 1200 or 2100 <= number < 3000
)
"""Types of messages from user space (include/uapi/linux/audit.h): each is an event of a single record."""


@lru_cache(maxsize=1024)
def record_type(text: str) -> str:
    """The name of the type in `type=`; an unknown number stays as it is written."""
    match = _NUMBERED.match(text)
    if match is None:
        return text
    number = int(match[1])
    return names("record_type").get(number) or _OTHERS.get(number, text)


def is_record_type(name: str) -> bool:
    """Whether a table knows a type of this name."""
    return name in _known()


@cache
def _known() -> frozenset[str]:
    return frozenset((*names("record_type").values(), *_OTHERS.values()))
