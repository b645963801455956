// Entities by the printed form of their id.
// Parameters: none.
// Returns: nothing.
CREATE INDEX prov_entity_id IF NOT EXISTS FOR (n:Entity) ON (n.id)
