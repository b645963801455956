"""Counts as text: a number with its noun, singular for one."""

from __future__ import annotations

_ES = ("s", "x", "z", "ch", "sh")
_VOWELS = "aeiou"


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 event`, `2,000 events`, `3 processes`, `0 entries`. Of several words the last is inflected."""
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """The plural of an English noun, or of a phrase that ends in one. Irregular nouns are not used here."""
    if noun.endswith(_ES):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2:-1] not in _VOWELS:
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def singular(nouns: str) -> str:
    """The noun that a plural made by `plural` is of, where its ending shows it: of `entities`, `dead letters`, `deliveries`."""
    return f"{nouns[:-3]}y" if nouns.endswith("ies") else nouns.removesuffix("s")
