// Unique: a provisional run in a case.
// Parameters: none.
// Returns: nothing.
CREATE CONSTRAINT prov_provisional IF NOT EXISTS FOR (n:Provisional) REQUIRE (n.case, n.key) IS UNIQUE
