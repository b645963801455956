// Programs that use a connection which they neither opened nor accepted: it is their standard input and output,
// inherited from the program that ran before in the process.
// Parameters: case.
// Returns: host, time, pid, command, ip, port.
// Index: prov_process_pid.
MATCH (process:Process {case: $case})
USING INDEX SEEK process:Process(case, pid)
WHERE process.pid IS NOT NULL AND NOT coalesce(process.forked, false)
MATCH (process)-[:SENT]->(peer:Endpoint)-[:RECEIVED]->(process)
WHERE peer.ip IS NOT NULL AND NOT EXISTS { (process)-[:CONNECTED]->(peer) }
      AND NOT EXISTS { (peer)-[:ACCEPTED]->(process) }
RETURN DISTINCT process.host AS host, process.time AS time, process.pid AS pid, process.command AS command,
       peer.ip AS ip, peer.port AS port
ORDER BY host, time
