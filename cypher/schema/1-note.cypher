// Unique: a note in a case.
// Parameters: none.
// Returns: nothing.
CREATE CONSTRAINT prov_note IF NOT EXISTS FOR (n:Note) REQUIRE (n.case, n.key) IS UNIQUE
