// Connections between recorded hosts, seen from both ends.
// Parameters: case.
// Returns: from, to, ip, port, first, why.
// Index: prov_reached.
MATCH (source:Endpoint)-[run:REACHED]->(target:Endpoint)
WHERE run.case = $case
RETURN source.host AS from, target.host AS to, source.ip AS ip, source.port AS port,
       datetime({epochMillis: run.first / 1048576}) AS first, run.detail AS why
ORDER BY first
