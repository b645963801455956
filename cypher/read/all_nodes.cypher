// All described entities of a case with their names.
// Parameters: case.
// Returns: key, properties, names - [path, first, last].
// Index: prov_entity. Full scan: yes, for copies and digests.
MATCH (entity:Entity {case: $case})
WHERE entity.key IS NOT NULL AND entity.kind IS NOT NULL
RETURN entity.key AS key, entity {.*, time: null} AS properties,
       [(path:Path)-[name:NAMES]->(entity) | [path.text, name.first, name.last]] AS names
