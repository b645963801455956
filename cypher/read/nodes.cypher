// Described entities with their names.
// Parameters: case, keys.
// Returns: key, properties, names - [path, first, last]; ordered by the caller.
// Index: prov_entity.
UNWIND $keys AS key
MATCH (entity:Entity {case: $case, key: key})
USING INDEX SEEK entity:Entity(case, key)
WHERE entity.kind IS NOT NULL
RETURN entity.key AS key, entity {.*, time: null} AS properties,
       [(path:Path)-[name:NAMES]->(entity) | [path.text, name.first, name.last]] AS names
