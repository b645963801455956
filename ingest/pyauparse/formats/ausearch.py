"""`ausearch -i` and `aureport`: dates in words, ` : ` before the fields, values interpreted.

The date has no zone; ausearch writes local time of the machine it ran on. It is read as UTC, which a fleet's machines
mostly keep, and a caller who knows better shifts it.

Text stands there without quotes, whatever is in it: `name=6749` is no hexadecimal, and `a2=import os` one argument. What
follows a text in a record of its type says where it ends; a text that holds the same words is cut there.
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
"""Where the text of a type's fields ends (`auparse/interpret.c` writes it as it is)."""
_ARGUMENTS = re.compile(r"argc=\d{1,9} a0=(?!.* a\d+(?:_len|\[\d+\])=)", re.DOTALL)


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
        return Header(
            match["node"], match["type"], ms, int(match["serial"]), _quoted(match["type"], match["body"].rstrip(" "))
        )
    return None


def _quoted(type: str, body: str) -> str:
    """A body with its text as the kernel would have written it."""
    if type == "EXECVE" and _ARGUMENTS.match(body):
        return " ".join(_arguments(body))
    texts = _TEXTS.get(type)
    if texts is None:
        return body
    return texts.sub(lambda found: f"{found['name']}={_text(found['text'])}", body)


def _arguments(body: str) -> Iterator[str]:
    """`argc=3` and the arguments: each ends where the one of the next number begins, the last with the record."""
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
