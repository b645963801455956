"""When a result is out of date, and which states have equal fingerprints."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from provenance.store.basis import Basis
from provenance.store.fingerprint import Fingerprint, fingerprint
from provenance.store.interface import HostSummary

_SUMMARIES = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.builds(
        HostSummary,
        st.just("?"),
        st.integers(0, 3),
        st.integers(0, 3),
        st.dictionaries(st.sampled_from(["events", "lines"]), st.integers(1, 2)),
        st.tuples(st.sampled_from(["192.0.2.1", "192.0.2.2"])),
        st.integers(0, 1),
    ),
).map(lambda found: [one._replace(host=host) for host, one in found.items()])


def of(first: int, last: int, events: int, *others: str, addresses: tuple[str, ...] = ()) -> Fingerprint:
    names = ("a", *others)
    return fingerprint([HostSummary(name, first, last, {"events": events}, addresses, 0) for name in names])


@given(_SUMMARIES, _SUMMARIES)
def test_a_result_is_outdated_when_logs_of_its_hosts_or_the_hosts_changed(
    then: list[HostSummary], now: list[HostSummary]
) -> None:
    before, after = fingerprint(then), fingerprint(now)
    basis = Basis.of(json.loads(json.dumps(before.basis(["a", "b", "nobody"]).to_json())))
    states = {one.host: (one.first, one.last, sum(one.tallies.values()), one.skew_ms) for one in now}
    expected_states = {
        one.host: (one.first, one.last, sum(one.tallies.values()), one.skew_ms) for one in then if one.host != "c"
    }
    assert basis.hosts.keys() == expected_states.keys()
    addresses, earlier = ({one.host: one.addresses for one in summaries} for summaries in (now, then))
    changed = any(states.get(host) != state for host, state in expected_states.items()) or addresses != earlier
    assert after.outdates(basis) == changed
    assert not before.outdates(basis)


@given(_SUMMARIES, _SUMMARIES)
def test_equal_states_have_equal_fingerprints_in_any_order(one: list[HostSummary], other: list[HostSummary]) -> None:
    assert fingerprint(one) == fingerprint(one[::-1])
    assert hash(fingerprint(one)) == hash(fingerprint(one[::-1]))
    assert (fingerprint(one) == fingerprint(other)) == (sorted(one) == sorted(other))


def test_newer_events_do_not_change_earlier_fingerprints() -> None:
    now = of(1, 5, 10)
    assert now.beginnings() == of(1, 9, 12).beginnings()
    assert now.beginnings() != of(0, 5, 11).beginnings()
    assert now.beginnings() != of(1, 5, 10, "b").beginnings()


def test_an_address_counts_as_a_name() -> None:
    assert of(1, 5, 10).names() == of(1, 9, 12).names()
    assert of(1, 5, 10).names() != of(1, 5, 10, addresses=("192.0.2.1",)).names()
