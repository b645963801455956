"""Types of records, by name. Who wrote the log may not have known the kernel's newest: `UNKNOWN[1334]`, or `1334`."""

from __future__ import annotations

import re
from functools import lru_cache

from ..tables import names

_NUMBERED = re.compile(r"(?:UNKNOWN\[)?(\d{1,5})\]?\Z")

ALONE = frozenset(
    name for number, name in names("record_type").items() if 1100 <= number < 1200 or 2100 <= number < 3000
)
"""Types of what programs tell the audit (include/uapi/linux/audit.h): an event of one record, whose serial nothing shares."""


@lru_cache(maxsize=1024)
def record_type(text: str) -> str:
    """The name of the type in `type=`; a number that no table knows stays as it is written."""
    match = _NUMBERED.match(text)
    return names("record_type").get(int(match[1]), text) if match is not None else text
