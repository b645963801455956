// Entities of a host in order of their first moment.
// Parameters: none.
// Returns: nothing.
CREATE INDEX prov_entity_host IF NOT EXISTS FOR (n:Entity) ON (n.case, n.host, n.first)
