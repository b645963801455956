// Mark entities that are not removed even if nothing refers to them.
// Parameters: case, keys.
// Returns: nothing.
// Index: prov_entity.
UNWIND $keys AS key
MATCH (entity:Entity {case: $case, key: key})
USING INDEX SEEK entity:Entity(case, key)
SET entity:Needed
