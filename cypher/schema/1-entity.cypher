// An entity once in a case: the index of every step of a trace.
// Parameters: none.
// Returns: nothing.
CREATE CONSTRAINT prov_entity IF NOT EXISTS FOR (n:Entity) REQUIRE (n.case, n.key) IS UNIQUE
