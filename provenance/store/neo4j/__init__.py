"""The store on a Neo4j server."""

from provenance.store.neo4j.store import Neo4jStore

__all__ = ["Neo4jStore"]
