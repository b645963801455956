// The schema version of a database, whether it holds a case, and whether that case holds alerts in the form of
// earlier versions.
// Parameters: application - the name in our schema node; case - the case.
// Returns: version (null: not our schema), known (whether the case exists), former_alerts.
// Index: prov_schema, prov_case, prov_alert (none exists in a new database, which has no such nodes either).
OPTIONAL MATCH (schema:Schema {application: $application})
OPTIONAL MATCH (known:Case {case: $case})
RETURN schema.version AS version, known IS NOT NULL AS known, EXISTS {
    MATCH (alert:Alert {case: $case})
    WHERE alert.key IS NOT NULL
} AS former_alerts
