r"""Patterns that people give: regular expressions of RE2, whose time is linear in the text (https://github.com/google/re2).

This module compiles every pattern of a person, and nothing else does: Python's `re` backtracks, so a short pattern can take years
on one line, and it holds the interpreter meanwhile. RE2 has no lookaround, backreferences, atomic groups or possessive
repetitions. Python's `\Z`, `\uXXXX`, `\UXXXXXXXX` and `{,n}` are accepted; `\d`, `\w`, `\s` and `\b` know ASCII only, and
`$` matches only at the end of the text, not before a last line break.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

from provenance.errors import Stopped, UsageError
from provenance.store.hunts import Stop, never

LONGEST = 4_096
"""The most characters of a pattern."""
_MOST_INSTRUCTIONS = 5_000
"""The largest program of a pattern: its time is at worst the product of this and the length of the text."""
_MEMORY = 2 << 20
"""The most memory of a compiled pattern (bytes): RE2 rejects one that does not fit, and drops its automaton when that is full."""
_MOST_REPETITIONS = 1_000
"""RE2's own limit (`kMaxRepeat`); it takes the braces of some larger numbers for text."""
_BETWEEN_STOPS = 1 << 18
"""After so many characters of text a search looks whether it has to stop."""
_USER_ID = re.compile(r"[0-9]{1,10}")
_LONGEST_SHOWN = 80
_PARTS = re.compile(
    r"""
    (?P<quoted>\\Q.*?(?:\\E|\Z))
    | (?P<end>\\Z) | \\u(?P<short>[0-9A-Fa-f]{4}) | \\U(?P<long>[0-9A-Fa-f]{8})
    | (?P<back>\\[1-9]|\\k|\(\?P=) | \\.
    | (?P<class>\[\^?\]?(?:\\.|\[:\^?[a-z]+:\]|[^\]\\])*\]) | (?P<unclosed>\[)
    | (?P<around>\(\?<?[=!]) | (?P<atomic>\(\?>) | (?P<conditional>\(\?\() | (?P<comment>\(\?\#)
    | \(\?P?<\w*> | (?P<flag>\(\?[a-zA-Z-]{0,8}[aLux][a-zA-Z-]{0,8}[:)])
    | (?P<repetition>[*+?]|\{[0-9]+(?:,[0-9]*)?\}|\{,[0-9]+\})(?P<possessive>\+)?
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_REFUSED = {
    "unclosed": "missing ]",
    "back": "backreferences are not supported",
    "around": "lookahead and lookbehind are not supported",
    "atomic": "atomic groups are not supported",
    "conditional": "conditional groups are not supported",
    "comment": "comments are not supported",
    "flag": "of the flags only i, m, s and U are supported",
    "possessive": "possessive repetitions are not supported",
}
_NUMBER = re.compile(r"[0-9]+")
_ESCAPED_CODE = re.compile(r"\\(?:\\|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))")


class Pattern:
    """A compiled regular expression. In the texts that it searches, a byte that is not UTF-8 (PEP 383) is one character."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled

    def search(self, text: str) -> bool:
        """Whether a text contains a match. Other threads run meanwhile."""
        return self._found(self._compiled.Anchor.UNANCHORED, text)

    def fullmatch(self, text: str) -> bool:
        """Whether the pattern matches a complete text."""
        return self._found(self._compiled.Anchor.ANCHOR_BOTH, text)

    def _found(self, anchor: Any, text: str) -> bool:
        encoded = text.encode("utf-8", "surrogatepass")
        return bool(self._compiled.Match(anchor, encoded, 0, len(encoded))[0][0] >= 0)


@lru_cache(maxsize=64)
def compile_pattern(pattern: str) -> Pattern:
    """Compile a regular expression. Raises UsageError, which names the position of the fault (characters, from 1)."""
    if len(pattern) > LONGEST:
        raise _invalid(pattern, f"it is longer than {LONGEST} characters")
    compiled = _compiled(_translated(pattern))
    if not compiled.ok():
        raise _invalid(pattern, *_reason(pattern, compiled.error()))
    if compiled.ProgramSize() > _MOST_INSTRUCTIONS:
        raise _invalid(pattern, "it is too large: give fewer or smaller repetitions and classes")
    return Pattern(compiled)


def compile_translated(pattern: str) -> Pattern:
    """Compile an expression that the program made from another kind of pattern, such as a glob. Raises UsageError if it is too
    large."""
    compiled = _compiled(pattern)
    if not compiled.ok():
        raise UsageError("invalid pattern: it is too large")
    return Pattern(compiled)


def matching(pattern: str, texts: Iterable[str], stop: Stop = never) -> list[int]:
    """The indexes of the texts in which a regular expression is found. Raises UsageError for an invalid one, and Stopped soon
    after `stop` is true."""
    search = compile_pattern(pattern).search
    found, searched = [], 0
    for position, text in enumerate(texts):
        searched += len(text) + 64
        if searched > _BETWEEN_STOPS:
            searched = 0
            if stop():
                raise Stopped(f"the search for {_shown(pattern)} was stopped")
        if search(text):
            found.append(position)
    return found


def _compiled(pattern: str) -> Any:
    import re2  # most commands get no pattern

    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    options.never_capture = True
    return re2._re2.RE2(pattern.encode("utf-8", "surrogatepass"), options)


def _translated(pattern: str) -> str:
    """A pattern with RE2's spelling of what Python's `re` spells differently. Raises UsageError for what RE2 does not have."""
    return "".join(_translate(pattern, part) for part in _PARTS.finditer(pattern))


def _translate(pattern: str, part: re.Match[str]) -> str:
    for name, reason in _REFUSED.items():
        if part[name] is not None:
            raise _invalid(pattern, reason, part.start(name))
    if part["repetition"] and any(int(number) > _MOST_REPETITIONS for number in _NUMBER.findall(part["repetition"])):
        raise _invalid(pattern, f"more than {_MOST_REPETITIONS} repetitions", part.start())
    if part["end"]:
        return r"\z"
    code = part["short"] or part["long"]
    if code:
        return rf"\x{{{code}}}"
    if part["class"]:
        return _ESCAPED_CODE.sub(
            lambda found: rf"\x{{{found[1] or found[2]}}}" if found[0] != r"\\" else found[0], part[0]
        )
    if part["repetition"] and part[0].startswith("{,"):
        return f"{{0{part[0][1:]}"
    return part[0]


def _reason(pattern: str, error: bytes) -> Iterator[str | int]:
    """What is wrong, and the place of the fault if RE2's message contains a text that the pattern has once."""
    message = error.decode("utf-8", "replace")
    kind, _, fault = message.partition(": ")
    yield kind if fault == pattern and len(fault) > 1 else message
    if kind in ("missing )", "unexpected )"):
        yield _alone(pattern)
    elif pattern.count(fault) == 1:
        yield pattern.index(fault)


def _alone(pattern: str) -> int:
    """The place of the first parenthesis that closes nothing, or of the last that is not closed."""
    opened = [0]
    for part in _PARTS.finditer(pattern):
        if part[0][0] == "(":
            opened.append(part.start())
        elif part[0] == ")" and len(opened) == 1:
            return part.start()
        elif part[0] == ")":
            opened.pop()
    return opened[-1]


def _invalid(pattern: str, reason: object, place: object = None) -> UsageError:
    where = "" if not isinstance(place, int) else f" at character {place + 1}"
    return UsageError(f"invalid regular expression {_shown(pattern)}: {reason}{where}")


def _shown(pattern: str) -> str:
    """A pattern as it was typed, without characters that cannot be printed."""
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in pattern[:_LONGEST_SHOWN])
    return f"'{shown}{'...' if len(pattern) > _LONGEST_SHOWN else ''}'"


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
