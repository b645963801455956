"""The embedded store on SQLite."""

from provenance.store.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore"]
