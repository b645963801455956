// Remove runs out of the given entities that ended before a moment, except runs between pinned entities.
// Parameters: case, keys, before, most - how many at once.
// Returns: kind, removed - how many of it.
// Index: prov_entity.
UNWIND $keys AS key
MATCH (source:Entity {case: $case, key: key})
USING INDEX SEEK source:Entity(case, key)
MATCH (source)-[run:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|CONNECTED|
                    RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|LOGGED_IN]->(target)
WHERE run.last < $before AND NOT (source:Pinned AND target:Pinned)
WITH run, type(run) AS kind
LIMIT $most
DELETE run
RETURN kind, count(*) AS removed
