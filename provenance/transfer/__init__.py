"""Transfer of whole stores: copies, digests, and the offline import of Neo4j."""
