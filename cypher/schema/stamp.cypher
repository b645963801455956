// Say which schema this database has now.
// Parameters: application, version.
// Returns: nothing.
// Index: prov_schema.
MERGE (schema:Schema {application: $application})
SET schema.version = $version
