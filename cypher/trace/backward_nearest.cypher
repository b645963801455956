// One backward step, at most `limit` runs for each entity: those that begin last, REACHED ones included.
// Parameters: case, frontier - key, bound (a moment); limit; kinds - a map from each relationship type to its number.
// Returns: kind, source, target, first, last, times, evidence, open, detail; ordered by the caller.
// Index: prov_entity.
UNWIND $frontier AS item
MATCH (target:Entity {case: $case, key: item.key})
USING INDEX SEEK target:Entity(case, key)
CALL (target, item) {
    MATCH (source)-[run:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|CONNECTED|
                        RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|LOGGED_IN]->(target)
    WHERE run.first <= item.bound OR type(run) = 'REACHED'
    RETURN source, run
    ORDER BY run.first DESC, source.key, $kinds[type(run)]
    LIMIT $limit
}
RETURN $kinds[type(run)] AS kind, source.key AS source, target.key AS target, run.first AS first, run.last AS last,
       run.times AS times, run.evidence AS evidence, run.open AS open, run.detail AS detail
