// A path once in a case; its text may be too long for an index, so a digest stands for it.
// Parameters: none.
// Returns: nothing.
CREATE CONSTRAINT prov_path IF NOT EXISTS FOR (n:Path) REQUIRE (n.case, n.key) IS UNIQUE
