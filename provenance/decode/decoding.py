"""The types of decoding, and the limits that bound the cost of hostile input."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

MAX_INPUT = 256 * 1024
"""Characters of one command that are read; the kernel allows 128 KiB an argument (execve(2), MAX_ARG_STRLEN)."""
MAX_TEXT = 64 * 1024
"""Characters of one decoded text that are kept."""
MAX_TOTAL = 1024 * 1024
"""Characters that are decoded from one command, all layers together."""
MAX_DEPTH = 6
"""Layers of encoding that are decoded."""
MAX_DECODINGS = 32
"""The most decodings of one command line."""
MAX_CANDIDATES = 2048
"""The most parts of one command that are tried, all layers together."""


class Decoding(NamedTuple):
    """A hidden text. `encoding` names the layers from the outside in, joined by `+` (`base64+gzip`)."""

    encoding: str
    text: str


class Candidate(NamedTuple):
    """A part of a text with one layer decoded. `named` says that the command names the decoder, or that the encoding is
    certain."""

    encoding: str
    payload: bytes
    named: bool


class Coding(NamedTuple):
    """An encoding: `decoder` matches a command that names its decoder, and `candidates` finds the parts of a text that may be
    encoded with it, given whether the decoder is named."""

    decoder: re.Pattern[str]
    candidates: Callable[[str, bool], Iterator[Candidate]]
