// Runs by their places.
// Parameters: case, places - source, target, kind (its number), first; kinds - a map from each type to its number.
// Returns: kind, source, target, first, last, times, evidence, open, detail; ordered by the caller.
// Index: prov_entity.
UNWIND $places AS place
MATCH (source:Entity {case: $case, key: place.source})
USING INDEX SEEK source:Entity(case, key)
OPTIONAL MATCH (target:Entity {case: $case, key: place.target})
USING INDEX SEEK target:Entity(case, key)
MATCH (source)-[run:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|CONNECTED|
                    RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|LOGGED_IN]->(target)
WHERE run.first = place.first AND $kinds[type(run)] = place.kind
RETURN $kinds[type(run)] AS kind, source.key AS source, target.key AS target, run.first AS first, run.last AS last,
       run.times AS times, run.evidence AS evidence, run.open AS open, run.detail AS detail
