// Unique: a case.
// Parameters: none.
// Returns: nothing.
CREATE CONSTRAINT prov_case IF NOT EXISTS FOR (n:Case) REQUIRE n.case IS UNIQUE
