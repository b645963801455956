// Which schema a database has, and whether a case is in it.
// Parameters: application - the name that our schema node carries; case - the case.
// Returns: version (null: none of ours), known (whether the case is there).
// Index: prov_schema, prov_case (none exists in a new database, which has no such nodes either).
OPTIONAL MATCH (schema:Schema {application: $application})
OPTIONAL MATCH (known:Case {case: $case})
RETURN schema.version AS version, known IS NOT NULL AS known
