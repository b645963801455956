// Unique: a block of raw lines in a case.
// Parameters: none.
// Returns: nothing.
CREATE CONSTRAINT prov_line_block IF NOT EXISTS FOR (n:LineBlock) REQUIRE (n.case, n.key) IS UNIQUE
