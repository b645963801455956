// All runs out of an entity.
// Parameters: case, source, kind (a relationship type, or null for all), kinds - a map from each type to its number.
// Returns: kind, source, target, first, last, times, evidence, open, detail; ordered by the caller.
// Index: prov_entity.
MATCH (source:Entity {case: $case, key: $source})
USING INDEX SEEK source:Entity(case, key)
MATCH (source)-[run:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|CONNECTED|
                    RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|LOGGED_IN]->(target)
WHERE $kind IS NULL OR type(run) = $kind
RETURN $kinds[type(run)] AS kind, source.key AS source, target.key AS target, run.first AS first, run.last AS last,
       run.times AS times, run.evidence AS evidence, run.open AS open, run.detail AS detail
