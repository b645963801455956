// Shells whose standard channels are a network connection: interactive reverse or bind shells.
// Parameters: case.
// Returns: host, time, pid, command, ip, port.
// Index: prov_process_pid.
MATCH (shell:Process {case: $case})
USING INDEX shell:Process(case, pid)
WHERE shell.pid IS NOT NULL AND shell.exe =~ '.*/(ba|da|z|k|c|tc|a)?sh'
MATCH (shell)-[sent:CONNECTED|SENT]->(peer:Endpoint)-[received:RECEIVED|ACCEPTED]->(shell)
WHERE peer.protocol <> 'unix'
RETURN DISTINCT shell.host AS host, shell.time AS time, shell.pid AS pid, shell.command AS command, peer.ip AS ip,
       peer.port AS port
ORDER BY host, time
