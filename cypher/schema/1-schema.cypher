// One node that says which schema this database has.
// Parameters: none.
// Returns: nothing.
CREATE CONSTRAINT prov_schema IF NOT EXISTS FOR (n:Schema) REQUIRE n.application IS UNIQUE
