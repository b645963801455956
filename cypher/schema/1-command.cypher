// Unique: a command line in a case.
// Parameters: none.
// Returns: nothing.
CREATE CONSTRAINT prov_command IF NOT EXISTS FOR (n:Command) REQUIRE (n.case, n.key) IS UNIQUE
