"""The table of alerts of schema 2, as documents: moved when the store may be written, else shown among them."""

from __future__ import annotations

import sqlite3

from provenance.store import former_alerts
from provenance.store.documents import Document, pack
from provenance.store.sqlite.text import unpack_json, unpack_text

SCHEMA = 2
"""The last schema with a table of alerts."""
_NOW = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
_ARGUMENTS = f"id, source, external_id, title, body, {_NOW}"
_VIEW = f"""
CREATE TEMP VIEW IF NOT EXISTS former_alert AS
SELECT '{former_alerts.KIND}' AS kind, former_alert_key({_ARGUMENTS}) AS key, 'queued' AS state,
       former_alert_rank({_ARGUMENTS}) AS rank, 1 AS version, former_alert_body({_ARGUMENTS}) AS body
FROM main.alert
"""
_SHOWN = f"""
CREATE TEMP TABLE shown_alert AS
SELECT * FROM former_alert
WHERE NOT EXISTS (
    SELECT 1 FROM main.document AS known WHERE known.kind = '{former_alerts.KIND}' AND known.key = former_alert.key
);
CREATE TEMP VIEW document AS
SELECT kind, key, state, rank, version, body FROM main.document
WHERE kind <> '{former_alerts.INDEX[0]}'
UNION ALL SELECT kind, key, state, rank, version, body FROM shown_alert;
"""


def make_view(connection: sqlite3.Connection) -> None:
    """Make the view `former_alert` for this connection: the alerts of a store of schema 2 as rows of its table of documents."""
    parts = {"key": lambda made: made.key, "rank": lambda made: made.rank, "body": lambda made: pack(made.body)}
    for name, part in parts.items():
        connection.create_function(f"former_alert_{name}", 6, lambda *row, part=part: part(_document(row)))
    connection.execute(_VIEW)


def show(connection: sqlite3.Connection) -> None:
    """Let this connection see the alerts of a store of schema 2, which may not be written, among its documents."""
    make_view(connection)
    connection.executescript(_SHOWN)


def _document(row: tuple[bytes, bytes, bytes, bytes, str, int]) -> Document:
    id, source, external_id, title = map(unpack_text, row[:4])
    return former_alerts.document(
        former_alerts.FormerAlert(id, source, external_id, title, unpack_json(row[4])), row[5]
    )
