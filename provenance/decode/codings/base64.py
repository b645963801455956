"""Base64 (RFC 4648, both alphabets), as a shell pipeline, a script's literal or PowerShell's argument carries it."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterator

from provenance.decode.decoding import Candidate, Coding

_DECODER = re.compile(
    r"""
      \bbase64\b[\s,'"]{1,8}(?:-\w{0,20}d|--d)                # base64 -d, {base64,-d}, base64 --decode
    | \bopenssl\b[^|;&]{0,200}[\s,]-(?:a|base64)\b            # openssl enc -d -a, openssl enc -base64 -d
    | \bopenssl[\s,]{1,8}base64\b
    | b(?:ase)?64_?decode | decode_?(?:base)?64               # Python, PHP, Perl, Ruby, Java
    | unpack1?\W{1,3}m | atob\( | frombase64string
    | ['"]base64['"] | ;base64,                               # Buffer.from(x, 'base64'), data: URLs
    | \b(?:powershell|pwsh)\b.{0,400}[\s,][-/]e(?:c|n\w{0,20})?\b
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_TOKEN = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}|[A-Za-z0-9+/]{2,7}={1,2}")
_WRAP = re.compile(r"(?<=[A-Za-z0-9+/]{60})\r?\n(?=[A-Za-z0-9+/=])")
_URL_SAFE = str.maketrans("-_", "+/")

SHORTEST_UNNAMED = 20
"""Below this, names and words of a command decode to text by chance."""
_SHORTEST_UNPADDED = 8


def _candidates(text: str, named: bool) -> Iterator[Candidate]:
    """Tokens of the alphabet; those that only a `/` joins to a path (`ldap://x/Base64/...`) are tried apart too."""
    for match in _TOKEN.finditer(_WRAP.sub("", text)):
        token = match[0]
        if len(token) < SHORTEST_UNNAMED and not named:
            continue
        parts = [token]
        if "/" in token:
            parts += [part for part in token.split("/") if len(part) >= SHORTEST_UNNAMED]
        for part in parts:
            payload = _decode(part)
            if payload:
                yield Candidate("base64", payload, named)


def _decode(token: str) -> bytes | None:
    body = token.rstrip("=").lstrip("-").translate(_URL_SAFE)
    if len(body) < _SHORTEST_UNPADDED:
        return _canonical(token)
    if len(body) % 4 == 1:
        body = body[:-1]
    return b64decode(body + "=" * (-len(body) % 4))


def _canonical(token: str) -> bytes | None:
    """A short token has to be exactly what an encoder writes, its padding included."""
    try:
        payload = b64decode(token, validate=True)
    except Error:
        return None
    return payload if b64encode(payload).decode("ascii") == token else None


BASE64 = Coding(_DECODER, _candidates)
