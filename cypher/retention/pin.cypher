// Mark entities whose slices stay whole.
// Parameters: case, keys.
// Returns: nothing.
// Index: prov_entity.
UNWIND $keys AS key
MATCH (entity:Entity {case: $case, key: key})
SET entity:Pinned
