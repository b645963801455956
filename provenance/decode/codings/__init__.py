"""Encodings, one per module: each finds the parts of a text that may be encoded with it, and decodes that layer.

Every pattern is bounded, so that hostile text costs no more than its length: no repetition runs over what a later
repetition of the same pattern can also take.
"""

from __future__ import annotations

from provenance.decode.codings.base32 import BASE32
from provenance.decode.codings.base64 import BASE64
from provenance.decode.codings.charcodes import CHARCODES
from provenance.decode.codings.escapes import ESCAPES
from provenance.decode.codings.hexadecimal import HEXADECIMAL
from provenance.decode.codings.url import URL

CODINGS = (BASE64, BASE32, HEXADECIMAL, ESCAPES, CHARCODES, URL)
