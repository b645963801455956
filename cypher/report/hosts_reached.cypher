// Report on a forward trace: the hosts that it reached, and from where.
// Parameters: case; start - a list of maps: id (as commands print it), bound (a moment, or null for the begin of the
//     log).
// Returns: host, first (the earliest moment at which anything there could be influenced), time (of it), entities (how
//     many of them), came_from (hosts whose connections led there); in order of time.
// Index: prov_entity_id. The walk is that of `trace/whole_forward`.
WITH range(1, 200) AS rounds, COLLECT {
    UNWIND $start AS seed
    MATCH (entity:Entity {id: seed.id})
    USING INDEX SEEK entity:Entity(id)
    WHERE entity.case = $case
    RETURN {entity: entity, bound: coalesce(seed.bound, 0), fresh: true, talk: false}
} AS start
WITH reduce(slice = start, round IN rounds |
    CASE WHEN none(at IN slice WHERE at.fresh) THEN slice ELSE head([found IN [COLLECT {
        UNWIND slice AS at
        CALL (at) {
            RETURN at.entity AS entity, at.bound AS bound, false AS fresh, at.talk AS talk
            UNION ALL
            WITH at.entity AS source, at.bound AS known, at.talk AS talk
            WHERE at.fresh
            MATCH (source)-[run:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|
                                CONNECTED|RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|
                                LOGGED_IN]->(entity)
            WHERE run.last >= known AND NOT (talk AND type(run) IN ['ACCEPTED', 'RECEIVED'])
            WITH entity, run, CASE WHEN run.first > known THEN run.first ELSE known END AS reached
            RETURN entity, CASE
                WHEN type(run) = 'REACHED' AND run.detail CONTAINS '"skew":'
                THEN reached + 1048576 * toInteger(split(split(split(run.detail, '"skew":')[1], '}')[0], ',')[0])
                ELSE reached END AS bound, true AS fresh,
                type(run) IN ['CONNECTED', 'SENT'] AND coalesce(entity.protocol IN ['udp', 'icmp', 'raw']
                OR (entity.protocol = 'ip' AND entity.port IN [53, 123, 5353, 5355]), false) AS talk
        }
        RETURN {entity: entity, bound: bound, fresh: fresh, talk: talk} AS at
        ORDER BY entity, talk, bound, fresh
    }] | [place IN range(0, size(found) - 1)
          WHERE place = 0 OR found[place].entity <> found[place - 1].entity
                OR found[place].talk <> found[place - 1].talk | found[place]]]) END) AS slice
UNWIND slice AS at
WITH slice, at.entity AS entity, at.bound AS bound
WHERE entity.kind IS NOT NULL
WITH entity, bound, COLLECT {
    MATCH (source)-[run:REACHED]->(entity)
    WHERE source.host <> entity.host AND any(at IN slice WHERE at.entity = source AND run.last >= at.bound)
    RETURN DISTINCT source.host
} AS led
UNWIND CASE led WHEN [] THEN [null] ELSE led END AS source
WITH entity.host AS host, min(bound) AS first, count(DISTINCT entity) AS entities, collect(DISTINCT source) AS came_from
RETURN host, first, datetime({epochMillis: first / 1048576}) AS time, entities, came_from
ORDER BY first, host
