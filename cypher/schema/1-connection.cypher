// Unique: the end of a connection in a case.
// Parameters: none.
// Returns: nothing.
CREATE CONSTRAINT prov_connection IF NOT EXISTS FOR (n:Connection) REQUIRE (n.case, n.key) IS UNIQUE
