// Programs that enter or create namespaces, or mount, and the user id with which each began: ways out of a container.
// Parameters: case.
// Returns: host, time, pid, uid, command.
// Index: prov_process_pid.
MATCH (process:Process {case: $case})
USING INDEX SEEK process:Process(case, pid)
WHERE process.pid IS NOT NULL AND NOT coalesce(process.forked, false)
      AND process.exe =~ '(?s).*/(nsenter|unshare|mount|umount|chroot|runc|crun)'
RETURN process.host AS host, process.time AS time, process.pid AS pid,
       CASE WHEN process.accounts IS NULL THEN process.uid ELSE toInteger(split(head(process.accounts), ' ')[1]) END AS uid,
       process.command AS command
ORDER BY host, time
