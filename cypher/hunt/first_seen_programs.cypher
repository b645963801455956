// When each program was first executed on each host, the newest first.
// Parameters: case.
// Returns: host, exe, first, processes.
// Index: prov_process_pid.
MATCH (process:Process {case: $case})
USING INDEX SEEK process:Process(case, pid)
WHERE process.pid IS NOT NULL AND process.exe IS NOT NULL AND NOT coalesce(process.forked, false)
RETURN process.host AS host, process.exe AS exe, min(process.time) AS first, count(*) AS processes
ORDER BY first DESC, host, exe
