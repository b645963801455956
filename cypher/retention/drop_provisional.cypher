// Remove the marks of provisional runs that no longer exist.
// Parameters: case.
// Returns: nothing.
// Index: prov_provisional, prov_entity.
MATCH (provisional:Provisional {case: $case})
WHERE provisional.key IS NOT NULL AND NOT EXISTS {
    MATCH (source:Entity {case: $case, key: provisional.source})
    USING INDEX SEEK source:Entity(case, key)
    MATCH (source)-[run:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|CONNECTED|
                    RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|LOGGED_IN]->(target)
    WHERE target.key = provisional.target AND run.first = provisional.first AND type(run) = provisional.kind
}
DELETE provisional
