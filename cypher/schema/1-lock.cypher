// Unique: the lock of a name. A writer holds one while it writes a case, and a migration while it runs.
// Parameters: none.
// Returns: nothing.
CREATE CONSTRAINT prov_lock IF NOT EXISTS FOR (n:Lock) REQUIRE n.name IS UNIQUE
