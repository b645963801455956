// Shells that use a network connection themselves: reverse and bind shells, whose standard input and output it is, and
// scripts that opened one (/dev/tcp).
// Parameters: case.
// Returns: host, time, pid, command, ip, port.
// Index: prov_process_pid.
MATCH (shell:Process {case: $case})
USING INDEX SEEK shell:Process(case, pid)
WHERE shell.pid IS NOT NULL AND shell.exe =~ '(?s).*/(ba|da|z|k|c|tc|a)?sh'
MATCH (shell)-[sent:CONNECTED|SENT]->(peer:Endpoint)-[received:RECEIVED|ACCEPTED]->(shell)
WHERE peer.protocol <> 'unix'
RETURN DISTINCT shell.host AS host, shell.time AS time, shell.pid AS pid, shell.command AS command, peer.ip AS ip,
       peer.port AS port
ORDER BY host, time
