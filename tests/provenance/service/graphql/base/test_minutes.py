"""The times at which flows began, of all hosts and of one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from provenance.ingest.clock import ms_of
from provenance.service.graphql.base.minutes import MINUTE_MS, Minutes
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.watched_store import WatchedStore
from provenance.store.interface import Selector, Store
from tests.provenance.store.rich import HOSTS, fill, logs, reached


def test_a_hosts_flows_are_those_with_an_end_on_it(empty: Store, tmp_path: Path) -> None:
    for part in logs(tmp_path, 800):
        fill(empty, part)
    on = {node.id: node.host for node in empty.all_nodes()}
    ends = [next(node for node in empty.find(Selector(host=host))) for host in HOSTS]
    with empty.writer() as writer:
        writer.join([reached()[0]._replace(source=ends[0].id, target=ends[1].id)])
    flows = list(empty.all_flows())
    across = [flow for flow in flows if {on.get(flow.source), on.get(flow.target)} == set(HOSTS)]
    assert across, "the two hosts are joined"
    counted, minutes = WatchedStore(empty, Brake(None)), Minutes()
    for host in HOSTS:
        its = [flow for flow in flows if host in (on.get(flow.source), on.get(flow.target))]
        expected = Counter((ms_of(flow.first) // MINUTE_MS, flow.kind) for flow in its)
        assert minutes.counts(counted, "then", host) == expected
        assert 0 < expected.total() < len(flows)
    assert minutes.counts(counted, "then").total() == len(flows)
    calls = counted.calls.copy()
    assert minutes.counts(counted, "then", HOSTS[0]).total() and counted.calls == calls
    assert minutes.counts(counted, "now", HOSTS[0]).total() and counted.calls != calls


def test_an_unknown_host_has_no_flows(empty: Store) -> None:
    assert Minutes().counts(empty, 1, "elsewhere") == Counter()
