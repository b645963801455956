"""What a decoding is, and the limits that keep hostile input from costing more than it should."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

MAX_INPUT = 256 * 1024
"""Characters of one command that are looked at; the kernel allows 128 KiB an argument (execve(2), MAX_ARG_STRLEN)."""
MAX_TEXT = 64 * 1024
"""Characters of one decoded text that are kept."""
MAX_TOTAL = 1024 * 1024
"""Characters that are decoded from one command, all layers together."""
MAX_DEPTH = 6
"""Layers of encoding that are taken off."""
MAX_DECODINGS = 32
"""Decodings that one command line can give."""
MAX_CANDIDATES = 2048
"""Encoded-looking pieces of one command, all layers together, that are tried."""


class Decoding(NamedTuple):
    """A hidden text. `encoding` names the layers from the outside in, joined by `+` (`base64+gzip`)."""

    encoding: str
    text: str


class Candidate(NamedTuple):
    """A piece of text with one layer taken off. `told` says that it was surely meant to be decoded."""

    encoding: str
    payload: bytes
    told: bool


class Coding(NamedTuple):
    """A way to encode: `decoder` matches a command that names its decoder, and `candidates` finds the pieces of a text
    that may be written in it, given whether the decoder was named."""

    decoder: re.Pattern[str]
    candidates: Callable[[str, bool], Iterator[Candidate]]
