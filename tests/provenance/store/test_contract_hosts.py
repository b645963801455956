"""Addresses and clocks that users set and those that the join found, in every store."""

from __future__ import annotations

from provenance.store.hosts import (
    FoundAddress,
    FoundClock,
    FoundHost,
    GivenAddress,
    GivenHost,
    Origin,
    found_hosts,
    give,
    given_hosts,
    take_back,
    write_found,
)
from provenance.store.interface import Store

HOST = "web\udcff\n\x1b[2J"
FOUND = FoundHost(
    (
        FoundAddress("10.0.0.5", Origin.GIVEN, 1.0, "given", 5, None),
        FoundAddress("::5", Origin.GUESSED, 0.2, "a\udcff"),
    ),
    FoundClock(-93_250, Origin.GUESSED, 0.87, "3 connections"),
)


def test_settings_of_a_host_replace_its_former_ones(store: Store) -> None:
    documents = store.documents()
    assert given_hosts(documents) == {}
    first = GivenHost((GivenAddress("10.0.0.5"),), 250)
    give(documents, {HOST: first, "db01": GivenHost((), -1)})
    second = GivenHost((GivenAddress("10.0.0.6", 5, 9), GivenAddress("fd00::6", None, 7)), None)
    give(documents, {HOST: second})
    assert given_hosts(documents) == {"db01": GivenHost((), -1), HOST: second}
    assert take_back(documents, HOST) and not take_back(documents, HOST)
    assert list(given_hosts(documents)) == ["db01"]


def test_found_hosts_are_replaced(store: Store) -> None:
    documents = store.documents()
    none = FoundHost((), FoundClock(0, Origin.NONE, 0.0, ""))
    write_found(documents, {HOST: FOUND, "db01": none})
    assert found_hosts(documents) == {"db01": none, HOST: FOUND}
    versions = {one.key: one.version for one in documents.page("host-found")}
    write_found(documents, {HOST: FOUND})
    assert found_hosts(documents) == {HOST: FOUND}
    assert all(versions[one.key] == one.version for one in documents.page("host-found")), "nothing has changed"


def test_more_hosts_than_a_page_holds(store: Store) -> None:
    given = {f"host{number}": GivenHost((GivenAddress(f"10.0.{number >> 8}.{number & 255}"),)) for number in range(501)}
    give(store.documents(), given)
    assert given_hosts(store.documents()) == given
