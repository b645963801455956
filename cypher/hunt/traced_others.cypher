// Processes that traced or wrote into others, and whether those were another user's. Tracing moves data in both
// directions, so each pair has two rows.
// Parameters: case.
// Returns: host, time, pid, command, kind, into, other_user.
// Index: prov_process_pid.
MATCH (process:Process {case: $case})
USING INDEX SEEK process:Process(case, pid)
WHERE process.pid IS NOT NULL
MATCH (process)-[run:TRACED|INJECTED]->(other:Process)
RETURN DISTINCT process.host AS host, datetime({epochMillis: run.first / 1048576}) AS time, process.pid AS pid,
       process.command AS command, type(run) AS kind,
       other.command AS into, process.uid <> other.uid AS other_user
ORDER BY host, time
