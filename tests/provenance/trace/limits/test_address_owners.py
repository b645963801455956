"""Whose address one is depends on the time, where users gave time ranges."""

from __future__ import annotations

import pytest

from provenance.ingest.clock import at_ms
from provenance.store.hosts import FoundAddress, FoundClock, FoundHost, GivenAddress, GivenHost, Origin
from provenance.trace.limits.address_owners import NO_OWNERS, AddressOwners

NOON = 1_700_000_000_000
IP = "10.9.0.40"
NO_CLOCK = FoundClock(0, Origin.NONE, 0.0, "")


def found(since: int | None, until: int | None) -> FoundHost:
    return FoundHost((FoundAddress(IP, Origin.GIVEN, 1.0, "given by a user", since, until),), NO_CLOCK)


LAPTOPS = {"one": found(None, NOON), "two": found(NOON + 3_600_000, None)}
RECORDED = {"one": (IP,), "two": (IP,), "server": ()}


@pytest.mark.parametrize(
    ("ms", "owner", "words"),
    [
        (NOON, "one", "one"),
        (NOON + 1, None, "unknown at this time, at other times one or two"),
        (NOON + 3_600_000, "two", "two"),
    ],
)
def test_an_address_is_its_hosts_in_its_time_only(ms: int, owner: str | None, words: str) -> None:
    owners = AddressOwners(RECORDED, LAPTOPS)
    assert owners.words(IP, "server", at_ms(ms)) == words
    assert owners.is_recorded(IP, "server", at_ms(ms)) is (owner is not None)
    assert [host for host in RECORDED if owners.has(host, IP, ms)] == ([owner] if owner else [])
    assert [host for host in RECORDED if owners.has(host, IP, None)] == ["one", "two"]


def test_the_clock_of_the_host_that_saw_the_peer_is_corrected() -> None:
    owners = AddressOwners(RECORDED, LAPTOPS, {"server": GivenHost((), 3_600_000)})
    assert owners.words(IP, "server", at_ms(NOON)) == "two" and owners.words(IP, "one", at_ms(NOON)) == "one"


def test_a_candidate_is_named_only_when_no_user_named_the_owner() -> None:
    guess = FoundHost((FoundAddress(IP, Origin.GUESSED, 0.2, "the only one"),), NO_CLOCK)
    owners = AddressOwners(RECORDED, {"one": LAPTOPS["one"], "two": guess})
    assert owners.words(IP, "server", at_ms(NOON)) == "one"
    assert owners.words(IP, "server", at_ms(NOON + 1)) == "perhaps two, confidence 0.2"
    assert not owners.is_recorded(IP, "server", at_ms(NOON + 1))


def test_an_address_without_a_range_is_its_hosts_always() -> None:
    owners = AddressOwners({"web": ("10.0.0.1",)}, {}, {"mail": GivenHost((GivenAddress("10.0.0.2"),))})
    assert owners.is_recorded("10.0.0.1", "db", 1) and owners.words("10.0.0.1", "db", 1) is None
    assert owners.words("10.0.0.2", "db", 1) == "mail, whose log the store does not hold"
    assert not owners.is_recorded("10.0.0.2", "db", 1) and NO_OWNERS.words("10.0.0.1", "db", 1) is None
