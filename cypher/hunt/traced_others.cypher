// Processes that traced or wrote into others, and whether those were another user's at that time. Tracing moves data in both
// directions, so each pair has two rows.
// Parameters: case.
// Returns: host, time, pid, command, kind, into, other_user.
// Index: prov_process_pid.
MATCH (process:Process {case: $case})
USING INDEX SEEK process:Process(case, pid)
WHERE process.pid IS NOT NULL
MATCH (process)-[run:TRACED|INJECTED]->(other:Process)
WITH process, run, other,
     CASE WHEN process.accounts IS NULL THEN process.uid
     ELSE toInteger(split(coalesce(last([account IN process.accounts WHERE toInteger(split(account, ' ')[0]) <= run.first]),
                                   head(process.accounts)), ' ')[1]) END AS uid,
     CASE WHEN other.accounts IS NULL THEN other.uid
     ELSE toInteger(split(coalesce(last([account IN other.accounts WHERE toInteger(split(account, ' ')[0]) <= run.first]),
                                   head(other.accounts)), ' ')[1]) END AS other_uid
RETURN DISTINCT process.host AS host, datetime({epochMillis: run.first / 1048576}) AS time, process.pid AS pid,
       process.command AS command, type(run) AS kind,
       other.command AS into, uid <> other_uid AS other_user
ORDER BY host, time
