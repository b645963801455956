// A complete backward trace, from an alert to initial access: exactly what may have influenced the given entities, and the
// ways in.
// Parameters: case; start - a list of maps: id (as commands print it), bound (a moment, or null for the end of the
//     log). `trace/alert` gives both for an alert that names a program and its peer.
// Returns: entity, id, bound (the latest moment at which it could influence them), time (of it), runs (the flows into it
//     that count), unfinished (true: more than 200 steps deep), way_in (why it comes from outside the log, or null, also for
//     a resolver or time server that a program contacted); ways in first, then the latest.
// Index: prov_entity_id; each step by the relationships of its entities.
// `talk` marks a peer that a program exchanged datagrams with: nothing goes on from there to another program.
// The same entities, bounds and flows as `provenance backtrack` without a budget. Each round of the reduction expands
// the entities whose bound has grown, by the flows that begin by it, and keeps the greatest bound of each. It groups
// by sorting, because 5.26 allows no aggregate within an expression over lists; a quantified path pattern alone would
// list every path, of which there are too many (`trace/shortest_path` lists one).
// Measured (5.26, 512 MB of heap, 2 cores): 300 entities 0.1 s, 5,000 with 19,000 flows 1.2 s, 20,000 with 76,000 8 s.
// Beyond that use the command.
WITH range(1, 200) AS rounds, COLLECT {
    UNWIND $start AS seed
    MATCH (entity:Entity {id: seed.id})
    USING INDEX SEEK entity:Entity(id)
    WHERE entity.case = $case
    RETURN {entity: entity, bound: coalesce(seed.bound, 4611686018427387903), fresh: true, talk: false}
} AS start
WITH reduce(slice = start, round IN rounds |
    CASE WHEN none(at IN slice WHERE at.fresh) THEN slice ELSE head([found IN [COLLECT {
        UNWIND slice AS at
        CALL (at) {
            RETURN at.entity AS entity, at.bound AS bound, false AS fresh, at.talk AS talk
            UNION ALL
            WITH at.entity AS target, at.bound AS known, at.talk AS talk
            WHERE at.fresh
            MATCH (entity)-[run:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|
                                CONNECTED|RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|
                                LOGGED_IN]->(target)
            WHERE NOT (talk AND type(run) IN ['CONNECTED', 'SENT'])
            WITH entity, run, CASE
                WHEN type(run) = 'REACHED' AND known < 4611686018427387903 AND run.detail CONTAINS '"skew":'
                THEN known - 1048576 * toInteger(split(split(split(run.detail, '"skew":')[1], '}')[0], ',')[0])
                ELSE known END AS known
            WHERE run.first <= known
            RETURN entity, CASE WHEN run.last < known THEN run.last ELSE known END AS bound, true AS fresh,
                type(run) IN ['ACCEPTED', 'RECEIVED'] AND coalesce(entity.protocol IN ['udp', 'icmp', 'raw']
                OR (entity.protocol = 'ip' AND entity.port IN [53, 123, 5353, 5355]), false) AS talk
        }
        RETURN {entity: entity, bound: bound, fresh: fresh, talk: talk} AS at
        ORDER BY entity, talk, bound DESC, fresh
    }] | [place IN range(0, size(found) - 1)
          WHERE place = 0 OR found[place].entity <> found[place - 1].entity
                OR found[place].talk <> found[place - 1].talk | found[place]]]) END) AS slice
UNWIND slice AS at
WITH at.entity AS entity, max(at.bound) AS bound, max(at.fresh) AS unfinished,
     max(CASE WHEN at.talk THEN null ELSE at.bound END) AS other
WHERE entity.kind IS NOT NULL
WITH entity, bound, unfinished, COLLECT {
    MATCH (source)-[run:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|CONNECTED|
                        RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|LOGGED_IN]->(entity)
    WHERE source.kind IS NOT NULL AND run.first <= CASE
        WHEN type(run) IN ['CONNECTED', 'SENT'] THEN other
        WHEN type(run) = 'REACHED' AND bound < 4611686018427387903 AND run.detail CONTAINS '"skew":'
        THEN bound - 1048576 * toInteger(split(split(split(run.detail, '"skew":')[1], '}')[0], ',')[0])
        ELSE bound END
    RETURN run
} AS runs
RETURN entity, entity.id AS id, bound, datetime({epochMillis: bound / 1048576}) AS time, runs, unfinished,
       CASE
           WHEN entity:Session THEN 'a login'
           WHEN entity:Process THEN CASE
               WHEN none(run IN runs WHERE type(run) IN ['SPAWNED', 'EXECUTED']) THEN 'began before the log' END
           WHEN entity.ip IS NULL OR entity.ip =~ '127\\..*|::1?|0\\.0\\.0\\.0' THEN null
           WHEN any(run IN runs WHERE type(run) = 'REACHED') THEN null
           WHEN EXISTS { (entity)-[run:ACCEPTED]->() WHERE run.first <= bound } THEN 'came in'
           WHEN entity.protocol IN ['udp', 'ip'] AND entity.port IN [53, 123, 5353, 5355] THEN null
           ELSE 'was contacted'
       END AS way_in
ORDER BY way_in IS NULL, bound DESC, id
