// Store attributes that no property can hold, as JSON.
// Parameters: case, rows - key, exact (JSON or null).
// Returns: nothing.
// Index: prov_entity.
UNWIND $rows AS row
MATCH (entity:Entity {case: $case, key: row.key})
USING INDEX SEEK entity:Entity(case, key)
SET entity.exact = row.exact
