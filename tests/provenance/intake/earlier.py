"""The facts that a store of an earlier version lacks because that version had no rule for them."""

from __future__ import annotations

from dataclasses import replace

from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node, Store


def assert_lacks_only_logins(earlier: Store, today: Store) -> None:
    """The earlier store has every node, flow and note of today's but logins: version 5 did not read the address of a login in
    USER_START, nor the account and the command of a visit, nor a change of account that no call of setuid shows."""
    flows, flows_today = (
        {(*flow[:6], flow.evidence, flow.open) for flow in store.all_flows()} for store in (earlier, today)
    )
    assert flows <= flows_today
    assert {flow[0] for flow in flows_today - flows} == {FlowKind.LOGGED_IN}
    nodes, nodes_today = ({node.id: _without_later(node) for node in store.all_nodes()} for store in (earlier, today))
    assert nodes.keys() <= nodes_today.keys()
    changed = [node for id, node in nodes_today.items() if nodes.get(id) != node]
    assert {(node.kind, node.attributes.get("protocol")) for node in changed} == {(EntityKind.ENDPOINT, "login")}
    assert sorted(earlier.connections()) == sorted(today.connections())
    for host in today.hosts():
        assert list(earlier.notes(host.host, 0, 1 << 62)) == list(today.notes(host.host, 0, 1 << 62))
    assert set(earlier.blinds()) == set(today.blinds())


def _without_later(node: Node) -> Node:
    later = ("account", "fingerprint", "requested", "local_ip", "accounts", "users", "uid", "euid", "user")
    return replace(node, attributes={name: value for name, value in node.attributes.items() if name not in later})
