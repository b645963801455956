"""Decodes the texts that are hidden in a command line, layer after layer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from provenance.decode.codings import CODINGS
from provenance.decode.compression import decompress
from provenance.decode.decoding import (
    MAX_CANDIDATES,
    MAX_DECODINGS,
    MAX_DEPTH,
    MAX_INPUT,
    MAX_TEXT,
    MAX_TOTAL,
    Candidate,
    Decoding,
)
from provenance.decode.plausible import looks_like_command, readable

_RAW_DEFLATE = re.compile(r"gzinflate|deflate|,\s?-(?:15|8|zlib\.MAX_WBITS)", re.IGNORECASE)
_DECODERS = (_RAW_DEFLATE, *(coding.decoder for coding in CODINGS))
_ONE_PIECE = re.compile(r"[A-Za-z0-9+/_=%\\-]+")
_MAX_PACKED = 3
_SHORTEST = 2
"""The fewest characters of a text that is reported."""


def decode_argv(argv: Sequence[str]) -> list[Decoding]:
    """The texts hidden in the arguments of a command, outermost first, each once.

    A text is reported when the command itself names the decoder, or when it reads like a command or a URL. The limits
    of `provenance.decode.decoding` hold. Never raises; bytes that are not UTF-8 may stand as surrogate escapes.
    """
    found: dict[str, Decoding] = {}
    arguments = [argument[:MAX_INPUT] for argument in argv]
    for decoding in _Peeler().peel(arguments, _named(" ".join(arguments)[:MAX_INPUT]), MAX_DEPTH):
        found.setdefault(decoding.text, decoding)
        if len(found) == MAX_DECODINGS:
            break
    return list(found.values())


def _named(text: str) -> frozenset[re.Pattern[str]]:
    """The decoders that a text names."""
    return frozenset(decoder for decoder in _DECODERS if decoder.search(text))


class _Peeler:
    """Decodes the layers of one command and counts the cost."""

    def __init__(self) -> None:
        self._candidates_left = MAX_CANDIDATES
        self._characters_left = MAX_TOTAL

    def peel(self, texts: Sequence[str], named: frozenset[re.Pattern[str]], depth: int) -> Iterator[Decoding]:
        """The decodings in `texts`, by a command that names the decoders `named`."""
        for candidate in self._candidates(texts, named):
            decoded = _decode(candidate, candidate.named and _RAW_DEFLATE in named)
            if decoded is None or decoded.text in texts or len(decoded.text) > self._characters_left:
                continue
            self._characters_left -= len(decoded.text)
            inner = list(self.peel([decoded.text], named | _named(decoded.text), depth - 1)) if depth > 1 else []
            reported = candidate.named or looks_like_command(decoded.text)
            if reported and not (inner and _ONE_PIECE.fullmatch(decoded.text.strip())):
                yield decoded
            for decoding in inner:
                yield Decoding(f"{decoded.encoding}+{decoding.encoding}", decoding.text)

    def _candidates(self, texts: Sequence[str], named: frozenset[re.Pattern[str]]) -> Iterator[Candidate]:
        for coding in CODINGS:
            for text in texts:
                for candidate in coding.candidates(text, coding.decoder in named):
                    if not self._candidates_left:
                        return
                    self._candidates_left -= 1
                    yield candidate


def _decode(candidate: Candidate, raw: bool) -> Decoding | None:
    """The text of a candidate, decompressed; None when it is not text, or too short."""
    encoding, payload = candidate.encoding, candidate.payload
    for _ in range(_MAX_PACKED):
        packed = decompress(payload, raw)
        if packed is None:
            break
        encoding, payload, raw = f"{encoding}+{packed[0]}", packed[1], False
    text = readable(payload)
    if text is None or len(text[0].strip()) < _SHORTEST:
        return None
    plain, layer = text
    return Decoding(f"{encoding}+{layer}" if layer else encoding, plain[:MAX_TEXT])
