// The provisional runs of a host.
// Parameters: case, host, kinds - a map from each type to its number.
// Returns: kind, source, target, first, last, times, evidence, open, detail; ordered by the caller.
// Index: prov_provisional_host, prov_entity.
MATCH (provisional:Provisional {case: $case, host: $host})
WITH provisional
MATCH (source:Entity {case: $case, key: provisional.source})
USING INDEX SEEK source:Entity(case, key)
OPTIONAL MATCH (target:Entity {case: $case, key: provisional.target})
USING INDEX SEEK target:Entity(case, key)
MATCH (source)-[run:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|CONNECTED|
                    RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|LOGGED_IN]->(target)
WHERE type(run) = provisional.kind AND run.first = provisional.first AND run.open
RETURN $kinds[type(run)] AS kind, source.key AS source, target.key AS target, run.first AS first, run.last AS last,
       run.times AS times, run.evidence AS evidence, run.open AS open, run.detail AS detail
