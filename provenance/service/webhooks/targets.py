"""The targets of messages about incidents, from the table `[outgoing]` of the settings, and the signature of webhooks. Without
the table no message is sent.

[outgoing]
settle_s = 5                              # several changes of an incident within this time make one message
least_score = 30                          # incidents with a lower score are not sent

[outgoing.webhooks.soc]
url = "https://soc.example.net/hooks/provenance"
secret_file = "/etc/provenance/soc.secret"

[outgoing.hooks.pager]
argv = ["/usr/local/bin/page", "--from", "provenance"]
timeout_s = 30
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from provenance.errors import InputError, UsageError

SIGNATURE, DELIVERY = "Provenance-Signature", "Provenance-Delivery"
LEAST_SECRET = 16
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Webhook:
    """A URL that receives JSON. The secret and the URL, whose path may be secret, appear in no repr and no log."""

    name: str
    url: str = field(repr=False)
    secret: bytes = field(repr=False)
    ca_file: str | None = None
    timeout_s: float = 10.0

    @property
    def host(self) -> str:
        """The host of the URL, the only part that may be logged."""
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True)
class Hook:
    """A program that receives JSON on its standard input. It is started without a shell."""

    name: str
    argv: tuple[str, ...]
    timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """All targets, how long (ms) an incident must be unchanged before it is sent, and the least score of a sent incident."""

    targets: tuple[Webhook | Hook, ...] = ()
    settle_ms: int = 5_000
    least_score: float = 0.0


def signature(secret: bytes, timestamp: int, body: bytes) -> str:
    """The value of the header `Provenance-Signature`, `t=SECONDS,v1=HEX`: the HMAC-SHA256 (RFC 2104) of the seconds since the
    epoch in decimal, a full stop and the body."""
    digest = hmac.digest(secret, f"{timestamp}.".encode("ascii") + body, "sha256").hex()
    return f"t={timestamp},v1={digest}"


def is_valid(secret: bytes, header: str, body: bytes, now: float, tolerance_s: float = 300) -> bool:
    """Whether a header is a valid, recent signature of a body: the check that a receiver makes."""
    match = re.fullmatch(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", header)
    if match is None or abs(now - int(match[1])) > tolerance_s:
        return False
    expected = signature(secret, int(match[1]), body)
    return hmac.compare_digest(expected.partition("v1=")[2], match[2])


def read_targets(table: Mapping[str, Any]) -> Outgoing:
    """The targets of the table `[outgoing]`, with their secrets read from files. Raises UsageError, which names the key, and
    InputError for a secret's file."""
    _check_keys(table, "outgoing", "settle_s", "least_score", "webhooks", "hooks")
    webhooks, hooks = _table(table, "outgoing", "webhooks"), _table(table, "outgoing", "hooks")
    for name in (*webhooks, *hooks):
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"outgoing: invalid name {name!r}: expected up to 40 lower-case letters, digits and hyphens"
            )
    if duplicates := webhooks.keys() & hooks.keys():
        raise UsageError(f"outgoing: duplicate name {min(duplicates)!r}: it is both a webhook and a hook")
    targets: tuple[Webhook | Hook, ...] = (
        *(_webhook(name, _table(webhooks, "outgoing.webhooks", name)) for name in webhooks),
        *(_hook(name, _table(hooks, "outgoing.hooks", name)) for name in hooks),
    )
    settle = _number(table, "outgoing", "settle_s", 5, 0, 3600)
    return Outgoing(targets, round(settle * 1000), _number(table, "outgoing", "least_score", 0, 0, 100))


def _webhook(name: str, table: Mapping[str, Any]) -> Webhook:
    where = f"outgoing.webhooks.{name}"
    _check_keys(table, where, "url", "secret_file", "ca_file", "timeout_s", "allow_http")
    url, file, ca_file = (table.get(key) for key in ("url", "secret_file", "ca_file"))
    if not isinstance(url, str) or not _allowed(url, table.get("allow_http") is True):
        raise UsageError(f"{where}.url: invalid URL: expected https (or http for loopback or with allow_http = true)")
    if not isinstance(file, str) or not file:
        raise UsageError(f"{where}.secret_file: missing: give the path of a file with the secret")
    if ca_file is not None and not (isinstance(ca_file, str) and Path(ca_file).is_file()):
        raise UsageError(f"{where}.ca_file: invalid path: expected a file with certificates")
    return Webhook(name, url, _secret(where, Path(file)), ca_file, _number(table, where, "timeout_s", 10, 0.1, 300))


def _hook(name: str, table: Mapping[str, Any]) -> Hook:
    where = f"outgoing.hooks.{name}"
    _check_keys(table, where, "argv", "timeout_s")
    argv = table.get("argv")
    if not isinstance(argv, list) or not argv or not all(isinstance(word, str) and "\0" not in word for word in argv):
        raise UsageError(f"{where}.argv: invalid value: expected a list of texts, the program's path first")
    if not Path(argv[0]).is_absolute():
        raise UsageError(f"{where}.argv: invalid path {argv[0]!r}: expected an absolute path")
    return Hook(name, tuple(argv), _number(table, where, "timeout_s", 30, 0.1, 3600))


def _secret(where: str, file: Path) -> bytes:
    try:
        secret = file.read_bytes().strip()
    except OSError as error:
        raise InputError(f"{where}.secret_file: {file} cannot be read: {error.strerror or error}") from error
    if len(secret) < LEAST_SECRET:
        raise UsageError(f"{where}.secret_file: {file} is too short: at least {LEAST_SECRET} bytes are required")
    return secret


def _allowed(url: str, plain: bool) -> bool:
    """Whether messages may be sent to a URL. A user name in it is not allowed, because it would end up in logs of others."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or not url.isprintable() or " " in url:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and (plain or _loopback(host)))


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _table(table: Mapping[str, Any], where: str, key: str) -> Mapping[str, Any]:
    found = table.get(key, {})
    if not isinstance(found, Mapping):
        raise UsageError(f"{where}.{key}: invalid value: expected a table")
    return found


def _number(table: Mapping[str, Any], where: str, key: str, default: float, least: float, most: float) -> float:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise UsageError(f"{where}.{key}: invalid value: expected a number from {least:g} to {most:g}")
    return float(value)


def _check_keys(table: Mapping[str, Any], where: str, *known: str) -> None:
    for name in table:
        if name not in known:
            raise UsageError(f"unknown setting {where}.{name}: the settings are {', '.join(known)}")
