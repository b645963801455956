// Programs that were told to set the clock.
// Parameters: case.
// Returns: host, time, pid, uid, command.
// Index: prov_process_pid.
MATCH (process:Process {case: $case})
USING INDEX process:Process(case, pid)
WHERE process.pid IS NOT NULL AND NOT coalesce(process.forked, false)
      AND (process.exe =~ '.*/(hwclock|ntpdate|chronyc|adjtimex)'
           OR process.exe ENDS WITH '/timedatectl' AND process.command CONTAINS ' set-'
           OR process.exe ENDS WITH '/date' AND process.command =~ '(?s).* (-s|--set|-[A-Za-z]*s\\b|\\d{8,12}).*')
RETURN process.host AS host, process.time AS time, process.pid AS pid, process.uid AS uid, process.command AS command
ORDER BY host, time
