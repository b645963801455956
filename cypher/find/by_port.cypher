// Endpoints by port.
// Parameters: case; kinds (numbers); limit; and, null for any: host, pid, commands (digests), ip, port.
// Returns: key, in order of (first, key).
// Index: prov_endpoint_port.
MATCH (entity:Endpoint {case: $case, port: $port})
WHERE entity.kind IN $kinds AND ($host IS NULL OR entity.host = $host)
    AND ($pid IS NULL OR entity.pid = $pid) AND ($commands IS NULL OR entity.command_key IN $commands)
    AND ($ip IS NULL OR entity.ip = $ip) AND ($port IS NULL OR entity.port = $port)
RETURN entity.key AS key
ORDER BY entity.first, key
LIMIT $limit
