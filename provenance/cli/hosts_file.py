"""Hosts files: the addresses and clocks of hosts, one host a line (docs/across-hosts.md#give-addresses-and-clocks)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal

from provenance.cli.times import Time, read_time
from provenance.errors import InputError, UsageError
from provenance.fleet.ends import LOOPBACK, address
from provenance.store.hosts import GivenAddress, GivenHost

_CLOCK = re.compile(r"([+-]?)(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)?", re.ASCII)
_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_LARGEST_MS = 100_000_000_000
_NOTHING = "-"
_SHOWN = 60


def parse_addresses(text: str) -> tuple[str, ...]:
    """The addresses of a text such as `10.0.0.5,fd00::5`, in canonical form. Raises UsageError."""
    return tuple(dict.fromkeys(_address(part.strip()) for part in text.split(",")))


def _address(text: str) -> str:
    ip = address(text)
    if ip is None:
        raise UsageError(f"invalid address '{text[:_SHOWN]}': expected an IPv4 or IPv6 address")
    if ip == LOOPBACK:
        raise UsageError(f"invalid address '{text[:_SHOWN]}': it is a loopback address")
    return ip


def parse_clock(text: str) -> int:
    """The clock correction (ms to add to a host's times) in a text such as `+93.25s`, `-250ms` or `3600`. Raises UsageError."""
    found = _CLOCK.fullmatch(text)
    ms = Decimal(found[2]) * _UNITS[found[3] or "s"] if found else Decimal(_LARGEST_MS + 1)
    if not found or ms != int(ms) or ms > _LARGEST_MS:
        raise UsageError(
            f"invalid clock '{text[:_SHOWN]}': expected the time to add to the host's times, in whole milliseconds, as in"
            " +93.25s or -250ms"
        )
    return -int(ms) if found[1] == "-" else int(ms)


def given_addresses(ips: Iterable[str], since: int | None, until: int | None) -> tuple[GivenAddress, ...]:
    """Addresses with the time range (ms) in which a host had them. Raises UsageError."""
    if since is not None and until is not None and since > until:
        raise UsageError("invalid time range: it ends before it begins")
    return tuple(GivenAddress(ip, since, until) for ip in ips)


def parse_hosts(lines: Iterable[str], source: str, moment: Callable[[Time], int]) -> dict[str, GivenHost]:
    """The settings in the lines of a hosts file, by host. `moment` gives the ms since the epoch of a time as it was typed. Raises
    InputError, which names the line, and nothing is given by a file of which one line is invalid."""
    found: dict[str, GivenHost] = {}
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if words:
            try:
                name, given = _parse_line(words, moment)
                found[name] = merged(found.get(name), given)
            except UsageError as error:
                raise InputError(f"{source}: line {number}: {error}") from error
    return found


def merged(known: GivenHost | None, given: GivenHost) -> GivenHost:
    """Both together. Raises UsageError for two clocks of one host."""
    if known is None:
        return given
    if None not in (known.clock_ms, given.clock_ms) and known.clock_ms != given.clock_ms:
        raise UsageError("invalid clock: an earlier line gives another one for this host")
    addresses = tuple(dict.fromkeys((*known.addresses, *given.addresses)))
    return GivenHost(addresses, given.clock_ms if known.clock_ms is None else known.clock_ms)


def _parse_line(words: list[str], moment: Callable[[Time], int]) -> tuple[str, GivenHost]:
    words, times = _without_times(words)
    since, until = (moment(read_time(times[key])) if key in times else None for key in ("since", "until"))
    if not 2 <= len(words) <= 3:
        raise UsageError("invalid line: expected NAME ADDRESS[,ADDRESS...] [CLOCK] [since=TIME] [until=TIME]")
    ips = () if words[1] == _NOTHING else parse_addresses(words[1])
    clock = words[2] if len(words) == 3 else _NOTHING
    return words[0], GivenHost(given_addresses(ips, since, until), None if clock == _NOTHING else parse_clock(clock))


def _without_times(words: list[str]) -> tuple[list[str], dict[str, str]]:
    """The words before the times, and the texts of the times by their keys. A time can have several words: it ends where the next
    key begins."""
    times: dict[str, list[str]] = {}
    key = None
    for place, word in enumerate(words):
        name, equals, text = word.partition("=")
        if place > 1 and equals:
            if name not in ("since", "until"):
                raise UsageError(f"invalid word '{name[:_SHOWN]}': expected since=TIME or until=TIME")
            if name in times:
                raise UsageError(f"invalid line: it has {name}= twice")
            key, times[name] = name, [text]
        elif key is not None:
            times[key].append(word)
    count = next((place for place, word in enumerate(words) if place > 1 and "=" in word), len(words))
    return words[:count], {name: " ".join(texts) for name, texts in times.items()}
