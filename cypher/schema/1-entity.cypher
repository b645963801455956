// Unique: an entity in a case. Every step of a trace uses this index.
// Parameters: none.
// Returns: nothing.
CREATE CONSTRAINT prov_entity IF NOT EXISTS FOR (n:Entity) REQUIRE (n.case, n.key) IS UNIQUE
