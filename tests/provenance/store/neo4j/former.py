"""Writes alerts into a case in the form of earlier versions."""

from __future__ import annotations

from collections.abc import Iterable

from neo4j import GraphDatabase

from provenance.alerts.alert import Alert
from provenance.store.neo4j import Neo4jStore
from provenance.store.neo4j.text import digest, pack_json, pack_text

_WRITE = """
UNWIND $rows AS row
MERGE (alert:Alert {case: $case, key: row.key})
SET alert += row.alert
"""


def write_former(store: Neo4jStore, alerts: Iterable[Alert]) -> None:
    """Write alerts as separate nodes."""
    rows = [
        {
            "key": digest(alert.id),
            "alert": {
                "id": pack_text(alert.id),
                "source": pack_text(alert.source),
                "external_id": pack_text(alert.external_id),
                "title": pack_text(alert.title),
                "body": pack_json(alert.body),
            },
        }
        for alert in alerts
    ]
    server = store._server
    assert server.credentials is not None
    with GraphDatabase.driver(
        server.address.uri, auth=(server.credentials.user, server.credentials.password)
    ) as driver:
        driver.execute_query(_WRITE, rows=rows, case=server.address.case, database_=server.address.database)
