// Processes that read many files, other than those of programs and of logins, and then used a connection.
// Parameters: case, files = 20 (the least).
// Returns: host, time, pid, command, files, ip, port.
// Index: prov_endpoint_ip.
MATCH (peer:Endpoint {case: $case})
USING INDEX SEEK peer:Endpoint(case, ip)
WHERE peer.ip IS NOT NULL AND peer.protocol <> 'unix'
MATCH (process:Process)-[run:CONNECTED|SENT]->(peer)
WITH process, peer, max(run.last) AS sent
MATCH (file:File)-[read:READ]->(process)
WHERE read.first <= sent AND NOT file.path =~ '(?s)/(usr|lib|lib64|proc|sys|dev|etc/(pam\\.d|security|default))/.*'
WITH process, peer, count(DISTINCT file) AS files
WHERE files >= $files
RETURN process.host AS host, process.time AS time, process.pid AS pid, process.command AS command, files, peer.ip AS ip,
       peer.port AS port
ORDER BY files DESC
