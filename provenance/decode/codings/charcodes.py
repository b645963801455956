"""Lists of character codes: `chr(98)+chr(97)`, `String.fromCharCode(98, 97)`, `bytes([98, 97])`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from provenance.decode.decoding import Candidate, Coding

_DECODER = re.compile(r"cha?r\W|fromCharCode|bytes\(|bytearray\(|pack\W{1,3}c", re.IGNORECASE)
_CALLS = re.compile(r"(?:cha?r\(\s{0,8}(?:0x)?[0-9a-f]{1,4}\s{0,8}\)[\s.+&,]{0,8}){4,}", re.IGNORECASE)
_LIST = re.compile(
    r"(?:fromCharCode\(|(?:bytes|bytearray)\(\[|pack\W{1,3}c\*?\W{1,4}|\[char\[\]\]\W{0,3})\s{0,8}"
    r"(?:(?:0x)?[0-9a-f]{1,4}\s{0,8},\s{0,8}){3,}(?:0x)?[0-9a-f]{1,4}",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\b(?:0x[0-9a-f]+|\d+)\b", re.IGNORECASE)


def _candidates(text: str, named: bool) -> Iterator[Candidate]:
    """Four codes or more in a row, where something makes characters of them."""
    if not named:
        return
    for match in chain(_CALLS.finditer(text), _LIST.finditer(text)):
        plain = "".join(
            chr(int(number, 16 if number[:2] in ("0x", "0X") else 10)) for number in _NUMBER.findall(match[0])
        )
        yield Candidate("charcodes", plain.encode("utf-8", "replace"), named)


CHARCODES = Coding(_DECODER, _candidates)
