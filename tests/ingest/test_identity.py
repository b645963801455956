"""Ids as text."""

from __future__ import annotations

import pytest

from provenance.ingest.identity import EntityKind, IdentityError, format_id, parse_id


@pytest.mark.parametrize("value", [0, 1, -1, (1 << 63) - 1, -(1 << 63)])
def test_ids_round_trip(value: int) -> None:
    assert parse_id(format_id(EntityKind.FILE, value)) == (EntityKind.FILE, value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "p",
        "p12",
        "x0123456789abcdef",
        "p0123456789abcde_",
        "p+123456789abcdef",
        "p０123456789abcdef",
        "p0123456789abcdef0",
    ],
)
def test_invalid_ids(text: str) -> None:
    with pytest.raises(IdentityError):
        parse_id(text)
