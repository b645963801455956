// Files that were written and then executed, with both processes.
// Parameters: case.
// Returns: host, path, writer, written, runner, executed.
// Index: prov_process_pid.
MATCH (runner:Process {case: $case})
USING INDEX SEEK runner:Process(case, pid)
WHERE runner.pid IS NOT NULL
MATCH (file:File)-[loaded:LOADED]->(runner)
MATCH (writer:Process)-[run:WROTE]->(file)
WHERE run.first <= loaded.first
RETURN DISTINCT file.host AS host, file.path AS path, writer.command AS writer,
       datetime({epochMillis: run.first / 1048576}) AS written, runner.command AS runner,
       datetime({epochMillis: loaded.first / 1048576}) AS executed
ORDER BY host, executed
