// Report on a forward trace: the accounts that its processes had from then on, and their logins.
// Parameters: case; start - a list of maps: id (as commands print it), bound (a moment, or null for the begin of the
//     log).
// Returns: host, uid, auid (null: no login), user (names in the log), processes (how many), programs, first and
//     last (when the first and the last of them had the account, or was influenced if later); in order of hosts and
//     time.
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
WITH at.entity AS process, at.bound AS bound
WHERE process:Process
WITH process, bound, CASE
    WHEN process.accounts IS NULL THEN [[process.first, process.uid, process.auid, process.user]]
    ELSE [account IN process.accounts | [part IN [0, 1, 3] | toInteger(split(account, ' ')[part])] +
          [reduce(name = '', part IN split(account, ' ')[4..] | name + CASE name WHEN '' THEN '' ELSE ' ' END + part)]]
END AS accounts
UNWIND range(0, size(accounts) - 1) AS place
WITH process, bound, accounts[place] AS account, accounts[place + 1] AS next
WHERE account[1] IS NOT NULL AND (next IS NULL OR next[0] > bound)
WITH process, account, CASE WHEN account[0] > bound THEN account[0] ELSE bound END AS since
WITH process, account, datetime({epochMillis: since / 1048576}) AS time
RETURN process.host AS host, account[1] AS uid, account[2] AS auid,
       collect(DISTINCT CASE account[3] WHEN '-' THEN null ELSE account[3] END) AS user,
       count(DISTINCT process) AS processes, collect(DISTINCT process.exe) AS programs, min(time) AS first,
       max(time) AS last
ORDER BY host, first, uid, auid
