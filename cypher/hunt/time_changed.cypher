// Programs that set the clock.
// Parameters: case.
// Returns: host, time, pid, command.
// Index: prov_process_pid.
MATCH (process:Process {case: $case})
USING INDEX process:Process(case, pid)
WHERE process.pid IS NOT NULL AND NOT coalesce(process.forked, false)
      AND process.exe =~ '.*/(date|hwclock|timedatectl|ntpdate|chronyc)'
RETURN process.host AS host, process.time AS time, process.pid AS pid, process.command AS command
ORDER BY host, time
