// Whether a database holds entities of any case: constraints and indexes are then built over all of them.
// Parameters: none.
// Returns: full.
// Index: none; the server keeps this count.
MATCH (entity:Entity)
RETURN count(entity) > 0 AS full
