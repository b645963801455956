// Programs and scripts that were executed and then deleted.
// Parameters: case.
// Returns: host, path, runner, executed, deleter, deleted.
// Index: prov_process_pid.
MATCH (deleter:Process {case: $case})
USING INDEX SEEK deleter:Process(case, pid)
WHERE deleter.pid IS NOT NULL
MATCH (deleter)-[run:DELETED]->(file:File)
MATCH (file)-[loaded:LOADED]->(runner:Process)
WHERE loaded.first <= run.first
RETURN DISTINCT file.host AS host, file.path AS path, runner.command AS runner,
       datetime({epochMillis: loaded.first / 1048576}) AS executed, deleter.command AS deleter,
       datetime({epochMillis: run.first / 1048576}) AS deleted
ORDER BY host, deleted
