// Unique: a host in a case.
// Parameters: none.
// Returns: nothing.
CREATE CONSTRAINT prov_host IF NOT EXISTS FOR (n:Host) REQUIRE (n.case, n.host) IS UNIQUE
