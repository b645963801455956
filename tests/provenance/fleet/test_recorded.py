"""The recorded fleet: web01 reaches db01 over SSH three times, adm01 never; the owners of addresses are not configured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provenance.fleet import JoinResult, ZeekConn, join
from provenance.ingest.facts import Connection, FlowKind
from provenance.ingest.identity import endpoint_id
from tests.provenance.fleet.conftest import HOSTS, moved


@pytest.fixture(scope="module")
def addresses(shared: Path) -> dict[str, str]:
    truth = json.loads((shared / "recordings" / "hop1" / "truth.json").read_text())
    return dict(truth["hosts"])


def _pairs(joined: JoinResult) -> set[tuple[int, int]]:
    return {(flow.source, flow.target) for flow in joined.flows}


def _expected(recorded: list[Connection], addresses: dict[str, str]) -> set[tuple[int, int]]:
    client = endpoint_id("web01", "tcp", addresses["db01"], 22)
    ports = {c.remote_port for c in recorded if c.host == "db01" and c.inbound}
    servers = [endpoint_id("db01", "tcp", addresses["web01"], port) for port in ports]
    return {pair for server in servers for pair in ((client, server), (server, client))}


def test_joins_the_recorded_connections(recorded: list[Connection], addresses: dict[str, str]) -> None:
    joined = join(recorded, {})
    assert _pairs(joined) == _expected(recorded, addresses) and len(joined.flows) == 6
    assert {flow.kind for flow in joined.flows} == {FlowKind.REACHED}
    assert all(flow.detail is not None and flow.detail["confidence"] > 0.8 for flow in joined.flows)
    assert joined.addresses["web01"] == (addresses["web01"],) and joined.addresses["db01"] == (addresses["db01"],)
    assert set(joined.skew_ms.values()) == {0}


@pytest.mark.parametrize("ms", [90_000, -3_600_000, 37, -37, 4000])
@pytest.mark.parametrize("host", ["db01", "web01"])
@pytest.mark.parametrize("with_addresses", [False, True])
def test_finds_the_offset_of_a_clock(
    recorded: list[Connection], addresses: dict[str, str], host: str, ms: int, with_addresses: bool
) -> None:
    known_addresses = {name: [addresses[name]] for name in HOSTS} if with_addresses else {}
    joined = join(moved(recorded, host, ms), known_addresses)
    assert _pairs(joined) == _expected(recorded, addresses) and len(joined.flows) == 6
    difference = joined.skew_ms["db01"] - joined.skew_ms["web01"]
    assert abs(difference - (-ms if host == "db01" else ms)) <= 8
    for flow in joined.flows:
        assert flow.detail is not None and abs(flow.detail["skew"]) == abs(difference)
        assert flow.detail["confidence"] >= (0.9 if with_addresses else 0.5)


def test_a_connection_seen_on_the_wire_is_certain(recorded: list[Connection], addresses: dict[str, str]) -> None:
    accepts = {c.remote_port: c.first >> 20 for c in recorded if c.host == "db01" and c.inbound}
    wire = [
        ZeekConn(ms + 5000, "tcp", addresses["web01"], port, addresses["db01"], 22, None)
        for port, ms in accepts.items()
    ]
    joined = join(recorded, {}, wire)
    assert [flow.detail and flow.detail["confidence"] for flow in joined.flows] == [1.0] * 6
