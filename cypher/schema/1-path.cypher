// Unique: a path in a case, by its digest: its text may be too long for an index.
// Parameters: none.
// Returns: nothing.
CREATE CONSTRAINT prov_path IF NOT EXISTS FOR (n:Path) REQUIRE (n.case, n.key) IS UNIQUE
