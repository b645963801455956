// Programs outside the folders of packages (/usr/local is no such folder) that open connections.
// Parameters: case.
// Returns: host, time, pid, exe, command, ip, port.
// Index: prov_process_pid.
MATCH (process:Process {case: $case})
USING INDEX SEEK process:Process(case, pid)
WHERE process.pid IS NOT NULL AND process.exe IS NOT NULL
      AND NOT process.exe =~ '(?s)/(usr/(?!local/)|bin/|sbin/|lib/|lib64/|opt/|snap/).*'
MATCH (process)-[run:CONNECTED]->(peer:Endpoint)
WHERE peer.protocol <> 'unix'
RETURN DISTINCT process.host AS host, process.time AS time, process.pid AS pid, process.exe AS exe,
       process.command AS command, peer.ip AS ip, peer.port AS port
ORDER BY host, time
