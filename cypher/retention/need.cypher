// Mark entities that stay though nothing may refer to them.
// Parameters: case, keys.
// Returns: nothing.
// Index: prov_entity.
UNWIND $keys AS key
MATCH (entity:Entity {case: $case, key: key})
SET entity:Needed
