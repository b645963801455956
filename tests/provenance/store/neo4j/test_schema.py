"""The first writer to a filled database waits for its constraints, in any case."""

from __future__ import annotations

import secrets

from provenance.store.neo4j import Neo4jStore, schema
from provenance.store.neo4j.address import credentials as read_credentials
from provenance.store.neo4j.address import parse
from provenance.store.neo4j.server import Server
from tests.provenance.store.neo4j.servers import Running
from tests.provenance.store.sqlite import history


def test_a_database_with_any_case_is_full(store: Neo4jStore, server: Running) -> None:
    with store.writer() as writer:
        writer.apply(history.batch(0, 5))
    other = Server(parse(f"{server.uri}?case=test-{secrets.token_hex(6)}"), read_credentials(server.credentials), 60)
    try:
        assert schema.has_entities(other)
    finally:
        other.close()
