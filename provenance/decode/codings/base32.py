"""Base32 (RFC 4648), only where the command names the decoder: capital words are Base32 by chance too often."""

from __future__ import annotations

import re
from base64 import b32decode
from binascii import Error
from collections.abc import Iterator

from provenance.decode.decoding import Candidate, Coding

_DECODER = re.compile(
    r"""\bbase32\b[\s,'"]{1,8}(?:-\w{0,20}d|--d)|b(?:ase)?32_?decode|decode_?(?:base)?32""", re.IGNORECASE
)
_TOKEN = re.compile(r"(?<![A-Za-z0-9])[A-Z2-7]{8,}={0,6}")


def _candidates(text: str, named: bool) -> Iterator[Candidate]:
    if not named:
        return
    for match in _TOKEN.finditer(text):
        body = match[0].rstrip("=")
        try:
            yield Candidate("base32", b32decode(body + "=" * (-len(body) % 8)), named)
        except Error:
            continue


BASE32 = Coding(_DECODER, _candidates)
