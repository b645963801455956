// Entities that had one of the given paths at any time.
// Parameters: case; kinds (numbers); limit; and, null for any: host, pid, commands (digests), ip, port; paths (digests).
// Returns: key, in order of (first, key).
// Index: prov_path.
UNWIND $paths AS digest
MATCH (path:Path {case: $case, key: digest})
MATCH (path)-[:NAMES]->(entity:Entity)
WHERE entity.kind IN $kinds AND ($host IS NULL OR entity.host = $host)
    AND ($pid IS NULL OR entity.pid = $pid) AND ($commands IS NULL OR entity.command_key IN $commands)
    AND ($ip IS NULL OR entity.ip = $ip) AND ($port IS NULL OR entity.port = $port)
WITH DISTINCT entity
RETURN entity.key AS key
ORDER BY entity.first, key
LIMIT $limit
