"""Pattern search in untrusted text, within a time limit.

Python's `re` backtracks and cannot be interrupted: a pattern with repetitions can take years on one crafted line.
Such a pattern is run in a child process that is stopped after the limit; a pattern without repetitions runs here.
"""

from __future__ import annotations

import fnmatch
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path

from provenance.errors import StoreError, UsageError
from provenance.ingest.hashes import is_hash

LIMIT_S = 5.0
"""The most seconds that a pattern may take on one text."""
_CHUNK_CHARACTERS = 8_000_000
_REPEATS = re.compile(r"[*+?{]")
_MAGIC = re.compile(r"[*?[]")
_USER_ID = re.compile(r"[0-9]{1,10}")
_CHILD = Path(__file__).with_name("patterns_child.py")


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a regular expression. Raises UsageError, which names the position of the fault."""
    try:
        return re.compile(pattern)
    except re.error as error:
        position = f" at position {error.pos}" if error.pos is not None else ""
        raise UsageError(f"invalid regular expression {pattern!r}: {error.msg}{position}") from error
    except (OverflowError, RecursionError) as error:
        raise UsageError(f"invalid regular expression {pattern!r}: {error}") from error


def matching(pattern: str, texts: Sequence[str], limit_s: float = LIMIT_S) -> list[int]:
    """The indexes of the texts in which a regular expression is found. Raises UsageError for an invalid or too slow one."""
    compiled = compile_pattern(pattern)
    if not _REPEATS.search(pattern):
        return [position for position, text in enumerate(texts) if compiled.search(text)]
    found: list[int] = []
    for begin, chunk in _chunks(texts):
        found.extend(begin + position for position in _in_child(pattern, chunk, limit_s))
    return found


def _chunks(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    begin = size = 0
    for position, text in enumerate(texts, 1):
        size += len(text) + 8
        if size >= _CHUNK_CHARACTERS or position == len(texts):
            yield begin, texts[begin:position]
            begin, size = position, 0


def _in_child(pattern: str, texts: Sequence[str], limit_s: float) -> list[int]:
    import subprocess  # most patterns need no child

    request = json.dumps([pattern, list(texts), limit_s]).encode("ascii")
    try:
        finished = subprocess.run(
            [sys.executable, "-I", "-S", str(_CHILD)], input=request, capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise StoreError(f"the search for {pattern!r} failed: {error}") from error
    found, slow = json.loads(finished.stdout)
    if slow is not None:
        raise UsageError(
            f"the search for {pattern!r} was stopped: it took more than {limit_s:g} s on {texts[slow][:60]!r}..."
            " (does it nest repetitions?)"
        )
    return list(found)


def membership(network: str) -> Callable[[str], bool]:
    """Whether an address lies in a network in CIDR notation. A text that is no address lies in none."""
    inside = ip_network(network)

    def contains(address: str) -> bool:
        try:
            return ip_address(address) in inside
        except ValueError:
            return False

    return contains


def user_number(user: str) -> int | None:
    """The user id that a text is, None for a name. Ids have 32 bits (`uid_t`)."""
    return int(user) if _USER_ID.fullmatch(user) else None


class Glob:
    """A path, or a pattern with `*` (any text, slashes too), `?` and `[...]` as in `fnmatch`, which also matches itself as a
    path. The hashes among the names of a file never match."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        magic = _MAGIC.search(pattern)
        self.plain = magic is None
        self.prefix = pattern if magic is None else pattern[: magic.start()]
        self._regex = re.compile(fnmatch.translate(pattern))

    def matches(self, path: str) -> bool:
        """Whether the pattern matches a name of a file that is a path."""
        return (path == self.pattern or self._regex.match(path) is not None) and not is_hash(path)

    def fixed(self) -> str:
        """The longest text that every match contains, except the pattern itself."""
        outside = re.sub(r"\[!?\]?[^]]*\]", "*", self.pattern)
        return max(re.split(r"[*?[]", outside), key=len)
