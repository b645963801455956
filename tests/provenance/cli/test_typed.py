"""Values that a user types: times, zones, addresses, expressions and ids."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.cli import times
from provenance.cli.naming import parsed_id
from provenance.cli.selection import Remote, expression, remote
from provenance.cli.times import parse_time, parse_zone, read_time
from provenance.errors import UsageError
from provenance.ingest.clock import at_ms, rfc3339
from provenance.text.times import Zone


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


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "someday",
        "25:00",
        "3 lunes ago",
        "2026-13-01T00:00:00Z",
        "2026-11-24T03:28:58Z CET",
        "-5",
        "1e9",
        "9" * 200,
        "31 Jun 2026",
        "Mon 2026-11-24 03:25",
        "Mon Nov 24 03:25:06 2026",
        "24 Nov 2026 25:00",
        "Nov",
    ],
)
def test_an_invalid_time(text: str) -> None:
    with pytest.raises(UsageError, match="invalid time "):
        parse_time(text)


NEWEST = 1_795_490_938_271
"""2026-11-24 03:28:58.271 UTC, a Tuesday."""
_ZONE_FILE = (
    b"TZif2" + bytes(15) + struct.pack(">6L", 0, 0, 0, 0, 1, 6) + struct.pack(">lbb", 20_700, 0, 0) + b"+0545\0"
    b"TZif2" + bytes(15) + struct.pack(">6L", 0, 0, 0, 0, 1, 6) + struct.pack(">lbb", 20_700, 0, 0) + b"+0545\0"
    b"\n<+0545>-5:45\n"
)
"""A file of a zone that has always been 5:45 hours ahead (RFC 8536)."""
ZURICH = parse_zone("Europe/Zurich")


@pytest.mark.parametrize(
    ("text", "zone", "printed"),
    [
        ("now", Zone(), "2026-11-24T03:28:58.271Z"),
        ("2h ago", Zone(), "2026-11-24T01:28:58.271Z"),
        ("1h 30m ago", Zone(), "2026-11-24T01:58:58.271Z"),
        ("90 Seconds ago", Zone(), "2026-11-24T03:27:28.271Z"),
        ("2 weeks ago", Zone(), "2026-11-10T03:28:58.271Z"),
        ("999999999w ago", Zone(), "1970-01-01T00:00:00.000Z"),
        ("03:25", Zone(), "2026-11-24T03:25:00.000Z"),
        ("3:25:01.5", Zone(), "2026-11-24T03:25:01.500Z"),
        ("03:25", ZURICH, "2026-11-24T02:25:00.000Z"),
        ("yesterday 17:25", Zone(), "2026-11-23T17:25:00.000Z"),
        ("Yesterday 17:25", ZURICH, "2026-11-23T16:25:00.000Z"),
        ("yesterday", Zone(), "2026-11-23T00:00:00.000Z"),
        ("today 00:30", ZURICH, "2026-11-23T23:30:00.000Z"),
        ("2026-11-24", ZURICH, "2026-11-23T23:00:00.000Z"),
        ("2026-11-24 03:28", Zone(), "2026-11-24T03:28:00.000Z"),
        ("2026-11-24T03:28:58", ZURICH, "2026-11-24T02:28:58.000Z"),
        ("2026-11-24 04:28:58.271 CET", ZURICH, "2026-11-24T03:28:58.271Z"),
        ("2026-11-24 03:28:58.271 UTC", ZURICH, "2026-11-24T03:28:58.271Z"),
        ("2026-10-25 02:30:00.000 CEST", ZURICH, "2026-10-25T00:30:00.000Z"),
        ("2026-10-25 02:30:00.000 CET", ZURICH, "2026-10-25T01:30:00.000Z"),
        ("Nov 24 03:25", Zone(), "2026-11-24T03:25:00.000Z"),
        ("Nov 24 03:25", ZURICH, "2026-11-24T02:25:00.000Z"),
        ("Nov 25", Zone(), "2026-11-25T00:00:00.000Z"),
        ("Nov  4  2025", Zone(), "2025-11-04T00:00:00.000Z"),
        ("1 Dec 2026 17:25", Zone(), "2026-12-01T17:25:00.000Z"),
        ("1 December 2026", Zone(), "2026-12-01T00:00:00.000Z"),
        ("Tue Nov 24 03:25", Zone(), "2026-11-24T03:25:00.000Z"),
        ("Tue Nov 24 03:25:06 2026", Zone(), "2026-11-24T03:25:06.000Z"),
        ("Tue Nov 24 03:25:06 UTC 2026", ZURICH, "2026-11-24T03:25:06.000Z"),
        ("Tue, 24 Nov 2026 03:25:06 +0100", Zone(), "2026-11-24T02:25:06.000Z"),
        ("Tue 2026-11-24 03:25:06 UTC", Zone(), "2026-11-24T03:25:06.000Z"),
        ("Tue 2026-11-24 23:30:00 UTC", ZURICH, "2026-11-24T23:30:00.000Z"),
        ("Nov 24 03:25:06.123456", Zone(), "2026-11-24T03:25:06.123Z"),
        ("2026-11-24 03:25:06.123456789 +0000", Zone(), "2026-11-24T03:25:06.123Z"),
        ("Feb 29", Zone(), "2028-02-29T00:00:00.000Z"),
    ],
)
def test_times_of_a_person(text: str, zone: Zone, printed: str) -> None:
    assert rfc3339(read_time(text)(zone, lambda: NEWEST)) == printed


def test_a_zone_that_is_not_the_given_one_is_rejected() -> None:
    with pytest.raises(UsageError, match="the zone of --timezone is not called CET at that time"):
        parse_time("2026-11-24 04:28:58.271 CET")


@given(
    st.integers(1, 4_000_000_000_000), st.sampled_from(["UTC", "Europe/Zurich", "America/St_Johns", "Asia/Kathmandu"])
)
def test_a_printed_stamp_is_read_in_its_zone(ms: int, name: str) -> None:
    zone = parse_zone(name)
    assert parse_time(zone.stamp(at_ms(ms)), zone) == ms


def test_the_zone_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    assert parse_zone("local").stamp(at_ms(NEWEST)) == "2026-11-24 09:13:58.271 +0545"
    monkeypatch.setenv("TZ", "Mars/Olympus")
    with pytest.raises(UsageError, match="invalid time zone 'local'"):
        parse_zone("local")


def test_the_zone_of_a_machine_without_a_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr(times, "_LOCALTIME", tmp_path / "localtime")
    assert parse_zone("local").stamp(at_ms(NEWEST)) == "2026-11-24 03:28:58.271 UTC"
    (tmp_path / "localtime").write_bytes(_ZONE_FILE)
    assert parse_zone("local").stamp(at_ms(NEWEST)) == "2026-11-24 09:13:58.271 +0545"


@pytest.mark.parametrize(
    ("text", "network", "port"),
    [
        ("198.51.100.0/24", "198.51.100.0/24", None),
        ("198.51.100.45/24:443", "198.51.100.0/24", 443),
        ("[2001:db8::/32]:443", "2001:db8::/32", 443),
        ("2001:db8::/32", "2001:db8::/32", None),
    ],
)
def test_networks(text: str, network: str, port: int | None) -> None:
    assert remote(text) == Remote(None, port, network)


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
    assert remote(text) == Remote(*peer)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.org",
        "1.2.3",
        "1.2.3.4:",
        "1.2.3.4:70000",
        "[::1",
        ":80",
        "1.2.3.4:80:90",
        "1.2.3.4/33",
        "10.0.0.0/8/8",
    ],
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
        parsed_id(text)
