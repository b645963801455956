// Unique: an alert in a case.
// Parameters: none.
// Returns: nothing.
CREATE CONSTRAINT prov_alert IF NOT EXISTS FOR (n:Alert) REQUIRE (n.case, n.key) IS UNIQUE
