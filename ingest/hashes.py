"""Hashes of the content of files: a file has hashes like names, each from the first moment that showed it.

The normal form is the algorithm, a colon and hexadecimal digits in lower case: `sha256:9f86d0...`. No path looks like that: in
the graph a path begins with a slash, so a file's hashes are stored among its names (`ingest.facts.Name`), and their form alone
distinguishes them from paths.
"""

from __future__ import annotations

import re

_FORM = re.compile(r"[a-z][a-z0-9-]{0,30}:(?:[0-9a-f]{2}){8,128}")
_ANY_FORM = re.compile(r"(?:([A-Za-z][A-Za-z0-9-]{0,30}):)?((?:[0-9A-Fa-f]{2}){8,128})")
_BY_DIGITS = {32: "md5", 40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512"}
"""The algorithm of a hash that is given without one, by the number of its digits."""


def is_hash(name: str) -> bool:
    """Whether a name of a file is a hash of its content, not a path."""
    return _FORM.fullmatch(name) is not None


def normal(text: str) -> str | None:
    """A hash in its normal form; None for an invalid hash, or one without an algorithm whose length fits no known one."""
    match = _ANY_FORM.fullmatch(text)
    if match is None:
        return None
    algorithm = match[1] or _BY_DIGITS.get(len(match[2]))
    return f"{algorithm}:{match[2]}".lower() if algorithm is not None else None
