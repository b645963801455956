// Record the version of the schema of this database.
// Parameters: application, version.
// Returns: nothing.
// Index: prov_schema.
MERGE (schema:Schema {application: $application})
SET schema.version = $version
