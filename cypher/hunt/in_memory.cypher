// Programs executed from memory, or from a file that was deleted while they ran.
// Parameters: case.
// Returns: host, time, pid, exe, command.
// Index: prov_process_pid.
MATCH (process:Process {case: $case})
USING INDEX SEEK process:Process(case, pid)
WHERE process.pid IS NOT NULL
      AND (process.exe STARTS WITH '/memfd:' OR process.exe ENDS WITH ' (deleted)'
           OR process.exe =~ '(?s)/proc/.*/fd/.*')
RETURN process.host AS host, process.time AS time, process.pid AS pid, process.exe AS exe, process.command AS command
ORDER BY host, time
