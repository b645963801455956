"""Percent-encoding (RFC 3986), a part of a URL at a time, so that what is reported is the hidden part.

Letters and digits never need it; a part that encodes them hides something. Other parts count only when what they hold
looks like a command or another URL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from provenance.decode.decoding import Candidate, Coding

_DECODER = re.compile(r"unquote|url_?decode|decodeURI|unescape\(|uri_?unescape", re.IGNORECASE)
_PART = re.compile(r"""[^\s"'`?&=;|<>]{6,}""")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")

FEWEST = 2
FEWEST_NEEDLESS = 4


def _candidates(text: str, named: bool) -> Iterator[Candidate]:
    if "%" not in text:
        return
    for match in _PART.finditer(text):
        codes = [int(code, 16) for code in _ESCAPE.findall(match[0])]
        if len(codes) < FEWEST:
            continue
        needless = sum(chr(code).isalnum() for code in codes if code < 0x80)
        payload = unquote_to_bytes(match[0].replace("+", " ").encode("utf-8", "replace"))
        yield Candidate("url", payload, named or needless >= FEWEST_NEEDLESS)


URL = Coding(_DECODER, _candidates)
