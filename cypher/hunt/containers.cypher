// Processes in other pid namespaces: processes in containers.
// Parameters: case.
// Returns: host, time, pid, container, command.
// Index: prov_process_pid.
MATCH (process:Process {case: $case})
USING INDEX SEEK process:Process(case, pid)
WHERE process.pid IS NOT NULL AND process.container IS NOT NULL
RETURN process.host AS host, process.time AS time, process.pid AS pid, process.container AS container,
       process.command AS command
ORDER BY host, time
