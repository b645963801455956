r"""Backslash escapes: `\x41` and `\u0041` of shells and scripts, `\101` and `\0101` of printf and `$'...'`.

A printable ASCII character needs no escape, so a text that escapes several of them hides something; a text that escapes
colours, bytes above ASCII or control characters does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from provenance.decode.decoding import Candidate, Coding

_DECODER = re.compile(r"\\x|\\u|\\[0-7]")
_ESCAPE = re.compile(r"\\{1,4}(?:x([0-9a-fA-F]{2})|u\{?([0-9a-fA-F]{4})\}?|(0?[0-7]{3}))")
_SEGMENT = re.compile(r"""[^"'`\n]+""")
_WORD_END = re.compile(r"\s|$")

FEWEST = 4
"""Escaped printable characters that make a hidden text."""


def _candidates(text: str, named: bool) -> Iterator[Candidate]:
    if not named:
        return
    for match in _SEGMENT.finditer(text):
        segment = match[0]
        escapes = list(_ESCAPE.finditer(segment))
        if sum(0x20 <= _code(escape) < 0x7F for escape in escapes) < FEWEST:
            continue
        words = _words_around(segment, escapes[0].start(), escapes[-1].end())
        plain = _ESCAPE.sub(lambda escape: chr(_code(escape)), words)
        yield Candidate("escapes", plain.encode("utf-8", "replace"), named)


def _words_around(segment: str, start: int, end: int) -> str:
    end_of_word = _WORD_END.search(segment, end)
    before = segment[:start].split()
    begin = start - len(before[-1]) if before and not segment[start - 1].isspace() else start
    return segment[begin : end_of_word.start() if end_of_word else end]


def _code(escape: re.Match[str]) -> int:
    hexadecimal, unicode, octal = escape.groups()
    return int(octal, 8) & 0xFF if octal else int(hexadecimal or unicode, 16)


ESCAPES = Coding(_DECODER, _candidates)
