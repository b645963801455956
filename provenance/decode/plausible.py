"""Checks whether decoded bytes are text, and whether the text looks like a command, so that chance decodings are not reported."""

from __future__ import annotations

import re

_TEXT_CONTROLS = frozenset("\n\r\t")
_SHARE_OF_ZERO = 0.4
"""UTF-16LE text of Latin letters has a zero in nearly every second byte."""

_COMMAND = re.compile(
    r"""
      [A-Za-z][A-Za-z0-9+.-]{1,20}://[\w\[]          # a URL
    | /dev/(?:tcp|udp)/
    | (?<![\w.])(?:~|\.{1,2})?/[\w.-]+/[\w.*/-]+     # a path of two parts or more
    | (?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])     # an IPv4 address
    | &&|\|\||\$\(|\$\{|<<<?|>>|[0-9]>&[0-9-]|>&     # what only a shell's language has
    | [\w)'"]\s{0,8}[|;]\s{0,8}[\w/.]+(?:\s|$)               # one command after another
    | \b(?:import|require|exec|eval|system|function|def|class|lambda|socket|process|invoke)\b[\s\w]{0,40}[ (.:]
    | ^\s*[\w./-]+\s+-{1,2}[A-Za-z]                  # a word, then an option
    | \w\(\s*['"]                                    # a call with a literal
    """,
    re.VERBOSE | re.IGNORECASE,
)


def readable(payload: bytes) -> tuple[str, str] | None:
    """The payload as text, and the name of its layer: empty for UTF-8, `utf-16le` for what PowerShell's
    -EncodedCommand takes. None when it is not text."""
    if payload[1::2].count(0) > _SHARE_OF_ZERO * len(payload) / 2:
        text = _strict(payload, "utf-16-le")
        return None if text is None else (text, "utf-16le")
    text = _strict(payload, "utf-8")
    return None if text is None else (text, "")


def _strict(payload: bytes, encoding: str) -> str | None:
    try:
        text = payload.decode(encoding)
    except UnicodeDecodeError:
        return None
    text = text.removeprefix("\ufeff").rstrip("\0")
    return text if text.strip() and is_text(text) else None


def is_text(text: str) -> bool:
    """Whether a text has only printable characters, tabs and line breaks."""
    return all(char.isprintable() or char in _TEXT_CONTROLS for char in text)


def looks_like_command(text: str) -> bool:
    """Whether a text has what commands, scripts and URLs have, and prose, keys and identifiers lack."""
    return _COMMAND.search(text) is not None
