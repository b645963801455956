// Unique: a blind interval in a case.
// Parameters: none.
// Returns: nothing.
CREATE CONSTRAINT prov_blind IF NOT EXISTS FOR (n:Blind) REQUIRE (n.case, n.key) IS UNIQUE
