// Write new values of existing runs of one kind.
// Parameters: case, kind - the relationship's type;
//     rows - source, target, run (a map: first, last, times, evidence (bytes), detail (JSON or null), open (true or
//     null)).
// Returns: nothing.
// Index: prov_entity; the run among those of the end that has fewer.
UNWIND $rows AS row
MATCH (source:Entity {case: $case, key: row.source})
USING INDEX SEEK source:Entity(case, key)
OPTIONAL MATCH (target:Entity {case: $case, key: row.target})
USING INDEX SEEK target:Entity(case, key)
MATCH (source)-[run:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|CONNECTED|
                    RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|LOGGED_IN]->(target)
WHERE run.first = row.run.first AND type(run) = $kind
SET run += row.run
