// The settled runs out of the given entities that began before a moment, with their host.
// Parameters: case, keys, before, kinds - a map from each relationship type to its number.
// Returns: host, kind, source, target, first, evidence.
// Index: prov_entity.
UNWIND $keys AS key
MATCH (source:Entity {case: $case, key: key})
USING INDEX SEEK source:Entity(case, key)
MATCH (source)-[run:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|CONNECTED|
                    RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|LOGGED_IN]->(target)
WHERE run.first < $before AND run.open IS NULL AND type(run) <> 'REACHED'
RETURN coalesce(source.host, target.host) AS host, $kinds[type(run)] AS kind, source.key AS source, target.key AS target,
       run.first AS first, run.evidence AS evidence
