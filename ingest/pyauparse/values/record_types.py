"""Names of record types. A daemon older than the kernel writes a number for types that it does not know: `UNKNOWN[1334]`."""

from __future__ import annotations

import re
from functools import lru_cache

from ..tables import names

_NUMBERED = re.compile(r"(?:UNKNOWN\[)?(\d{1,5})\]?\Z")

ALONE = frozenset(
    name for number, name in names("record_type").items() if 1100 <= number < 1200 or 2100 <= number < 3000
)
"""Types of messages from user space (include/uapi/linux/audit.h): each is an event of a single record."""


@lru_cache(maxsize=1024)
def record_type(text: str) -> str:
    """The name of the type in `type=`; an unknown number stays as it is written."""
    match = _NUMBERED.match(text)
    return names("record_type").get(int(match[1]), text) if match is not None else text
