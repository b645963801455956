"""Addresses with and without a zone, and texts that are none."""

from __future__ import annotations

import pytest

from provenance.text.addresses import is_loopback, may_be_another_machine, parsed


@pytest.mark.parametrize(
    ("text", "loopback", "another"),
    [
        ("127.8.0.1", True, False),
        ("::1", True, False),
        ("::1%lo", True, False),
        ("0.0.0.0", False, False),
        ("fe80::1%eth0", False, True),
        ("198.51.100.7", False, True),
        ("jump.example", False, True),
        ("", False, True),
    ],
)
def test_addresses(text: str, loopback: bool, another: bool) -> None:
    assert (is_loopback(text), may_be_another_machine(text)) == (loopback, another)


def test_a_zone_is_no_part_of_an_address() -> None:
    assert str(parsed("fe80::1%eth0")) == "fe80::1"
    assert parsed("jump.example") is None
