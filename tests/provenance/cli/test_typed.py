"""What is typed: times, zones, addresses, expressions and ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.cli.selection import entity, expression, remote
from provenance.cli.times import parse_time, parse_zone
from provenance.errors import UsageError
from provenance.ingest.clock import rfc3339


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1795490938.271", 1_795_490_938_271),
        ("1795490938", 1_795_490_938_000),
        ("1795490938.2719", 1_795_490_938_271),
        ("2026-11-24T03:28:58.271Z", 1_795_490_938_271),
        ("2026-11-24T04:28:58.271+01:00", 1_795_490_938_271),
        ("2026-11-24 03:28:58Z", 1_795_490_938_000),
        ("0", 0),
    ],
)
def test_times(text: str, ms: int) -> None:
    assert parse_time(text) == ms


@given(st.integers(0, 4_000_000_000_000))
def test_a_printed_time_is_read_as_it_was(ms: int) -> None:
    assert parse_time(rfc3339(ms)) == ms
    assert parse_time(f"{ms // 1000}.{ms % 1000:03d}") == ms


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-24T03:28:58", "2026-13-01T00:00:00Z", "-5", "1e9", "nan"])
def test_an_invalid_time(text: str) -> None:
    with pytest.raises(UsageError, match="invalid time "):
        parse_time(text)


def test_zones() -> None:
    assert parse_zone("Europe/Zurich").stamp(1_795_490_938_271 << 20) == "2026-11-24 04:28:58.271 CET"
    for text in ("Mars/Olympus", "", "../etc/passwd", "\0"):
        with pytest.raises(UsageError, match="invalid time zone"):
            parse_zone(text)


@pytest.mark.parametrize(
    ("text", "peer"),
    [
        ("198.51.100.45", ("198.51.100.45", None)),
        ("198.51.100.45:4444", ("198.51.100.45", 4444)),
        ("2001:db8::1", ("2001:db8::1", None)),
        ("[2001:DB8::1]:443", ("2001:db8::1", 443)),
        ("[2001:db8::1]", ("2001:db8::1", None)),
        ("::ffff:192.0.2.1", ("192.0.2.1", None)),
        ("[::ffff:192.0.2.1]:80", ("192.0.2.1", 80)),
    ],
)
def test_peers(text: str, peer: tuple[str, int | None]) -> None:
    assert remote(text) == peer


@pytest.mark.parametrize(
    "text", ["", "example.org", "1.2.3", "1.2.3.4:", "1.2.3.4:70000", "[::1", ":80", "1.2.3.4:80:90"]
)
def test_an_invalid_peer(text: str) -> None:
    with pytest.raises(UsageError):
        remote(text)


def test_the_error_of_an_expression_gives_the_place() -> None:
    assert expression("^bash -i$") == "^bash -i$"
    with pytest.raises(UsageError, match=r"invalid regular expression 'a\(b': .* at character 2"):
        expression("a(b")


@pytest.mark.parametrize("text", ["", "x0000000000000001", "p12", "p000000000000000g", "p00000000000000011"])
def test_an_invalid_id(text: str) -> None:
    with pytest.raises(UsageError, match="invalid id "):
        entity(text)
