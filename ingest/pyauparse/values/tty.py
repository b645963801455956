"""Terminal input: the bytes of `data=` in TTY and USER_TTY records."""

from __future__ import annotations

from functools import cache

from ..tables import tty_keys


@cache
def _by_first() -> dict[int, list[tuple[bytes, str]]]:
    found: dict[int, list[tuple[bytes, str]]] = {}
    for sequence, name in tty_keys():
        found.setdefault(sequence[0], []).append((sequence, name))
    return found


def typed(data: bytes) -> str:
    """The input as text: keys by name in angle brackets, text in quotes, joined by commas: `"ls",<ret>,<up>`."""
    parts: list[str] = []
    text: list[str] = []
    place = 0
    while place < len(data):
        key = _key(data, place)
        if key is None:
            text.append(_character(data[place]))
            place += 1
            continue
        if text:
            parts.append(f'"{"".join(text)}"')
            text = []
        parts.append(f"<{key[1]}>")
        place += len(key[0])
    if text:
        parts.append(f'"{"".join(text)}"')
    return ",".join(parts)


def _key(data: bytes, place: int) -> tuple[bytes, str] | None:
    for sequence, name in _by_first().get(data[place], ()):
        if data.startswith(sequence, place):
            return sequence, name
    return None


def _character(byte: int) -> str:
    if not 0x20 <= byte <= 0x7E:
        return f"\\{byte:03o}"
    character = chr(byte)
    return f"\\{character}" if character in '\\"' else character
