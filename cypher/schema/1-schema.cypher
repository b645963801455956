// Unique: the node that holds the version of the schema.
// Parameters: none.
// Returns: nothing.
CREATE CONSTRAINT prov_schema IF NOT EXISTS FOR (n:Schema) REQUIRE n.application IS UNIQUE
