// Entities of a kind with a key in a range.
// Parameters: case, kind (number), low, high, limit.
// Returns: key, in order.
// Index: prov_entity.
MATCH (entity:Entity {case: $case})
WHERE entity.key >= $low AND entity.key <= $high AND entity.kind = $kind
RETURN entity.key AS key
ORDER BY key
LIMIT $limit
