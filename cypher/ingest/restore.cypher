// Restore the settled runs that provisional runs of a host have replaced.
// Parameters: case, host.
// Returns: nothing.
// Index: prov_provisional_host, prov_entity.
MATCH (provisional:Provisional {case: $case, host: $host})
WHERE provisional.covered_last IS NOT NULL
WITH provisional
MATCH (source:Entity {case: $case, key: provisional.source})
USING INDEX SEEK source:Entity(case, key)
OPTIONAL MATCH (target:Entity {case: $case, key: provisional.target})
USING INDEX SEEK target:Entity(case, key)
MATCH (source)-[run:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|CONNECTED|
                    RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|LOGGED_IN]->(target)
WHERE type(run) = provisional.kind AND run.first = provisional.first AND run.open
SET run.last = provisional.covered_last, run.times = provisional.covered_times,
    run.evidence = provisional.covered_evidence, run.detail = provisional.covered_detail, run.open = null
