// One forward step, at most `limit` runs for each entity: those that begin first, REACHED ones included.
// Parameters: case, frontier - key, bound (a moment); limit; kinds - a map from each relationship type to its number.
// Returns: kind, source, target, first, last, times, evidence, open, detail; ordered by the caller.
// Index: prov_entity.
UNWIND $frontier AS item
MATCH (source:Entity {case: $case, key: item.key})
USING INDEX SEEK source:Entity(case, key)
CALL (source, item) {
    MATCH (source)-[run:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|CONNECTED|
                        RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|LOGGED_IN]->(target)
    WHERE run.last >= item.bound OR type(run) = 'REACHED'
    RETURN target, run
    ORDER BY run.first, target.key, $kinds[type(run)]
    LIMIT $limit
}
RETURN $kinds[type(run)] AS kind, source.key AS source, target.key AS target, run.first AS first, run.last AS last,
       run.times AS times, run.evidence AS evidence, run.open AS open, run.detail AS detail
