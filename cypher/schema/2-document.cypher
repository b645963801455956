// Unique: a document of the service in a case.
// Parameters: none.
// Returns: nothing.
CREATE CONSTRAINT prov_document IF NOT EXISTS FOR (n:Document) REQUIRE (n.case, n.kind, n.key) IS UNIQUE
