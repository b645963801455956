// The existing runs of one kind among the given places.
// Parameters: case, kind - the relationship's type; rows - place (its number), source, target, first.
// Returns: place, last, times, evidence, open, detail.
// Index: prov_entity; the run among those of the end that has fewer.
UNWIND $rows AS row
MATCH (source:Entity {case: $case, key: row.source})
USING INDEX SEEK source:Entity(case, key)
OPTIONAL MATCH (target:Entity {case: $case, key: row.target})
USING INDEX SEEK target:Entity(case, key)
MATCH (source)-[run:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|CONNECTED|
                    RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|LOGGED_IN]->(target)
WHERE run.first = row.first AND type(run) = $kind
RETURN row.place AS place, run.last AS last, run.times AS times, run.evidence AS evidence, run.open AS open,
       run.detail AS detail
