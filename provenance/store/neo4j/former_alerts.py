"""Alerts as nodes of their own, as earlier versions kept them: they become documents when their case is opened."""

from __future__ import annotations

from provenance.store import former_alerts
from provenance.store.documents import Document
from provenance.store.former_alerts import FormerAlert
from provenance.store.neo4j.documents import write
from provenance.store.neo4j.server import Run, Server
from provenance.store.neo4j.text import unpack_json, unpack_text

_AT_ONCE = 500


def move(server: Server) -> None:
    """Make documents of a case's alerts, some in each transaction; broken off, it goes on. Raises StoreError."""
    while rows := server.read("schema/former_alerts", limit=_AT_ONCE):
        documents = [
            former_alerts.document(
                FormerAlert(
                    unpack_text(id), unpack_text(source), unpack_text(external), unpack_text(title), unpack_json(body)
                ),
                now,
            )
            for _, id, source, external, title, body, now in rows
        ]
        keys = sorted({row[0] for row in rows})

        def work(run: Run, documents: list[Document] = documents, keys: list[str] = keys) -> None:
            write(run, documents)
            run("schema/drop_former_alerts", keys=keys)
            kind, key = former_alerts.INDEX
            run("documents/remove", kind=kind, key=key)

        server.write(work)
