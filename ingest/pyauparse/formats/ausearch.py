"""`ausearch -i` and `aureport`: dates in words, ` : ` before the fields, values interpreted.

The date has no zone; ausearch writes local time of the machine it ran on. It is read as UTC, which a fleet's machines
mostly keep, and a caller who knows better shifts it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from ingest.pyauparse.headers import Header

_LINE = re.compile(
    r"(?:^|\s)(?:node=(?P<node>\S+) )?type=(?P<type>[A-Z][A-Z0-9_]*(?:\[\d+\])?) msg=audit\("
    r"(?P<date>[^)]*?)\.(?P<ms>\d{3}):(?P<serial>\d{1,10})\) ?: ?(?P<body>.*)\Z",
    re.DOTALL,
)
_DATES = ("%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%m/%d/%y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S")


def read(line: str) -> Header | None:
    """The head of an interpreted line, None for one that is none."""
    match = _LINE.search(line)
    if match is None:
        return None
    for form in _DATES:
        try:
            when = datetime.strptime(match["date"], form).replace(tzinfo=UTC)
        except ValueError:
            continue
        ms = int(when.timestamp()) * 1000 + int(match["ms"])
        return Header(match["node"], match["type"], ms, int(match["serial"]), match["body"].rstrip(" "))
    return None
