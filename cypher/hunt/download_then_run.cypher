// Files that a process wrote while it had a connection, and that were then executed.
// Parameters: case.
// Returns: host, path, ip, port, writer, runner, executed.
// Index: prov_endpoint_ip.
MATCH (peer:Endpoint {case: $case})
USING INDEX SEEK peer:Endpoint(case, ip)
WHERE peer.ip IS NOT NULL
MATCH (peer)-[got:RECEIVED|ACCEPTED]->(writer:Process)-[run:WROTE]->(file:File)-[loaded:LOADED]->(runner:Process)
WHERE got.first <= run.last AND run.first <= loaded.first
RETURN DISTINCT file.host AS host, file.path AS path, peer.ip AS ip, peer.port AS port, writer.command AS writer,
       runner.command AS runner, datetime({epochMillis: loaded.first / 1048576}) AS executed
ORDER BY host, executed
