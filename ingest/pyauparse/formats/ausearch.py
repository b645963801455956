"""Output of `ausearch -i` and `aureport`: formatted dates, ` : ` before the fields, interpreted values.

The date has no zone; ausearch writes the local time of the machine it ran on. It is read as UTC, the zone of most servers; a
caller who knows the zone must shift it.

Text is written without quotes: `name=6749` is not hexadecimal, and `a2=import os` is one argument. The field that follows a
text in a record of its type marks its end; a text that itself contains that field is cut there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from ..headers import Header
from .laurel import encoded

_LINE = re.compile(
    r"(?:^|\s)(?:node=(?P<node>\S+) )?type=(?P<type>[A-Z][A-Z0-9_]*(?:\[\d+\])?) msg=audit\("
    r"(?P<date>[^)]*?)\.(?P<ms>\d{3}):(?P<serial>\d{1,10})\) ?: ?(?P<body>.*)\Z",
    re.DOTALL,
)
_DATES = ("%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%m/%d/%y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S")
_TEXTS = {
    "PATH": re.compile(r"\b(?P<name>name)=(?P<text>.*?)(?= inode=| nametype=| objtype=|$)"),
    "CWD": re.compile(r"\b(?P<name>cwd)=(?P<text>.*)$"),
    "PROCTITLE": re.compile(r"\b(?P<name>proctitle)=(?P<text>.*)$"),
    "SYSCALL": re.compile(r"\b(?P<name>comm|exe)=(?P<text>.*?)(?= exe=| subj=| key=|$)"),
}
"""Where the text of a field ends, by record type (`auparse/interpret.c` writes it unquoted)."""
_ARGUMENTS = re.compile(r"argc=\d{1,9} a0=(?!.* a\d+(?:_len|\[\d+\])=)", re.DOTALL)


def read(line: str) -> Header | None:
    """The header of an interpreted line; None for any other line."""
    match = _LINE.search(line)
    if match is None:
        return None
    for form in _DATES:
        try:
            when = datetime.strptime(match["date"], form).replace(tzinfo=UTC)
        except ValueError:
            continue
        ms = int(when.timestamp()) * 1000 + int(match["ms"])
        return Header(
            match["node"], match["type"], ms, int(match["serial"]), _quoted(match["type"], match["body"].rstrip(" "))
        )
    return None


def _quoted(type: str, body: str) -> str:
    """A body with its text quoted or in hexadecimal, as the kernel would have written it."""
    if type == "EXECVE" and _ARGUMENTS.match(body):
        return " ".join(_arguments(body))
    texts = _TEXTS.get(type)
    if texts is None:
        return body
    return texts.sub(lambda found: f"{found['name']}={_text(found['text'])}", body)


def _arguments(body: str) -> Iterator[str]:
    """`argc=3` and the arguments: each ends where the next number begins, the last one with the record."""
    count, _, rest = body.partition(" a0=")
    yield count
    last = int(count.removeprefix("argc=")) - 1
    for place in range(last + 1):
        text, found, after = rest.partition(f" a{place + 1}=") if place < last else (rest, "", "")
        yield f"a{place}={_text(text)}"
        if not found:
            return
        rest = after


def _text(text: str) -> str:
    return text if text in ("(null)", "?", "") or text.startswith('"') else encoded(text)
