"""Plain hexadecimal: `xxd -r -p`, `bytes.fromhex`, `unhexlify`, `pack("H*", ...)`, `0x...` literals."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provenance.decode.decoding import Candidate, Coding

_DECODER = re.compile(
    r"""
      \bxxd\b[\s,][^|;&]{0,80}-\w{0,20}r
    | unhex | fromhex | hex2bin | hextobyte | decode_?hex | hex_?decode | pack\W{1,3}h | ['"]hex['"]
    """,
    re.VERBOSE | re.IGNORECASE,
)
_TOKEN = re.compile(r"(?<![0-9A-Za-z])(?:0[xX])?((?:[0-9a-fA-F]{2}){4,})(?![0-9A-Za-z])")
_SPACED = re.compile(r"(?<![0-9A-Za-z])((?:[0-9a-fA-F]{2}[ :,\n]){3,}[0-9a-fA-F]{2})(?![0-9A-Za-z])")
_SEPARATOR = re.compile(r"[ :,\n]")

SHORTEST_UNNAMED = 24
"""Digits; twelve bytes that are all printable are no number and no digest."""


def _candidates(text: str, named: bool) -> Iterator[Candidate]:
    """Runs of digit pairs, with separators between them only where the command names the decoder."""
    for match in _TOKEN.finditer(text):
        if named or len(match[1]) >= SHORTEST_UNNAMED:
            yield Candidate("hex", bytes.fromhex(match[1]), named)
    if named:
        for match in _SPACED.finditer(text):
            yield Candidate("hex", bytes.fromhex(_SEPARATOR.sub("", match[1])), named)


HEXADECIMAL = Coding(_DECODER, _candidates)
