// Which schema a database has, whether a case is in it, and whether that holds alerts as earlier versions kept them.
// Parameters: application - the name that our schema node carries; case - the case.
// Returns: version (null: none of ours), known (whether the case is there), former_alerts.
// Index: prov_schema, prov_case, prov_alert (none exists in a new database, which has no such nodes either).
OPTIONAL MATCH (schema:Schema {application: $application})
OPTIONAL MATCH (known:Case {case: $case})
RETURN schema.version AS version, known IS NOT NULL AS known, EXISTS {
    MATCH (alert:Alert {case: $case})
    WHERE alert.key IS NOT NULL
} AS former_alerts
