"""Whole stores in and out: copies, digests, the offline import of Neo4j."""
