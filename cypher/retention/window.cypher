// The next entities of a case in order of their keys.
// Parameters: case, after - the last key of the previous window; most - how many.
// Returns: key.
// Index: prov_entity.
MATCH (entity:Entity {case: $case})
WHERE entity.key > $after
RETURN entity.key AS key
ORDER BY key
LIMIT $most
