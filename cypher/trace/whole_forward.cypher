// A complete forward trace, from initial access to lateral movement: exactly what the given entities may have influenced,
// and the hosts that were reached.
// Parameters: case; start - a list of maps: id (as commands print it), bound (a moment, or null for the begin of the
//     log).
// Returns: entity, id, bound (the earliest moment at which it could be influenced), time (of it), moves_to (the hosts
//     to which its connections led), runs (the flows out of it that count), unfinished (true: more than 200 steps
//     deep); in order of hosts and bounds.
// Index: prov_entity_id; each step by the relationships of its entities.
// `talk` marks a peer that a program exchanged datagrams with: nothing goes on from there to another program.
// The same entities, bounds and flows as `provenance forward` without a budget; see `trace/whole_backward` for how.
// Suitable for up to some 20,000 entities (8 s); beyond that use the command.
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
WITH at.entity AS entity, min(at.bound) AS bound, max(at.fresh) AS unfinished,
     min(CASE WHEN at.talk THEN null ELSE at.bound END) AS other
WHERE entity.kind IS NOT NULL
WITH entity, bound, unfinished, COLLECT {
    MATCH (entity)-[run:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|CONNECTED|
                        RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|LOGGED_IN]->(target)
    WHERE target.kind IS NOT NULL AND run.last >= CASE WHEN type(run) IN ['ACCEPTED', 'RECEIVED'] THEN other ELSE bound END
    RETURN run
} AS runs
RETURN entity, entity.id AS id, bound, datetime({epochMillis: bound / 1048576}) AS time, runs, unfinished,
       COLLECT {
           UNWIND runs AS run
           WITH endNode(run).host AS host
           WHERE host <> entity.host
           RETURN DISTINCT host ORDER BY host
       } AS moves_to
ORDER BY entity.host, bound, id
