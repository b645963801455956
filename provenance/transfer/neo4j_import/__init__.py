"""Exports a whole store as files for Neo4j's offline import, for a history too large to be written online."""

from provenance.transfer.neo4j_import.export import ExportResult, export, finished

__all__ = ["ExportResult", "export", "finished"]
