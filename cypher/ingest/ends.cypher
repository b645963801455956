// Make sure that the ends of runs are there, described or not.
// Parameters: case, keys.
// Returns: nothing.
// Index: prov_entity.
UNWIND $keys AS key
MERGE (:Entity {case: $case, key: key})
