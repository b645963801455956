// Programs and the addresses outside private ranges that they exchange data with.
// Parameters: case.
// Returns: host, exe, ip, port (null for an inbound connection), processes, first.
// Index: prov_process_pid.
MATCH (process:Process {case: $case})
USING INDEX SEEK process:Process(case, pid)
WHERE process.pid IS NOT NULL
MATCH (process)-[run:CONNECTED|SENT]->(peer:Endpoint)
WHERE peer.ip IS NOT NULL
      AND NOT peer.ip =~ '(10|127|169\\.254|192\\.168|172\\.(1[6-9]|2\\d|3[01]))\\..*|::1?|f[cde].*|0\\.0\\.0\\.0'
WITH process, run, peer, CASE WHEN EXISTS { (peer)-[:ACCEPTED]->(:Process) } THEN null ELSE peer.port END AS port
RETURN process.host AS host, process.exe AS exe, peer.ip AS ip, port,
       count(DISTINCT process) AS processes, min(datetime({epochMillis: run.first / 1048576})) AS first
ORDER BY host, first
