// Shells that a network service started.
// Parameters: case.
// Returns: host, time, service, pid, command.
// Index: prov_process_pid.
MATCH (service:Process {case: $case})
USING INDEX SEEK service:Process(case, pid)
WHERE service.pid IS NOT NULL
MATCH (:Endpoint)-[accepted:ACCEPTED]->(service)
WITH DISTINCT service
MATCH (service)-[:SPAWNED|EXECUTED]->{1,4}(shell:Process)
WHERE shell.exe =~ '(?s).*/(ba|da|z|k|c|tc|a)?sh' AND NOT coalesce(shell.forked, false)
RETURN DISTINCT shell.host AS host, shell.time AS time, service.exe AS service, shell.pid AS pid,
       shell.command AS command
ORDER BY host, time
