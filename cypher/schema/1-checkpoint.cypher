// Unique: the checkpoint of a host in a case.
// Parameters: none.
// Returns: nothing.
CREATE CONSTRAINT prov_checkpoint IF NOT EXISTS FOR (n:Checkpoint) REQUIRE (n.case, n.host) IS UNIQUE
