// Remove the runs of a host that are still provisional (after `restore`: those that replaced no settled run).
// Parameters: case, host.
// Returns: kind, removed - how many of it.
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
WITH run, type(run) AS kind
DELETE run
RETURN kind, count(*) AS removed
