// Endpoints by port.
// Parameters: case; kinds (numbers); limit; sign (1, or -1 for the newest first); and, null for any: host, pid,
// commands (digests), ip, port, since and until (moments), user with uid (null: the user is no number).
// Returns: key, in order of (first, key), or of (-first, key).
// Index: prov_endpoint_port.
MATCH (entity:Endpoint {case: $case, port: $port})
WHERE entity.kind IN $kinds AND ($host IS NULL OR entity.host = $host)
    AND ($pid IS NULL OR entity.pid = $pid) AND ($commands IS NULL OR entity.command_key IN $commands)
    AND ($ip IS NULL OR entity.ip = $ip) AND ($port IS NULL OR entity.port = $port)
    AND ($since IS NULL OR entity.first >= $since) AND ($until IS NULL OR entity.first <= $until)
    AND ($user IS NULL OR entity.user = $user OR entity.uid = $uid OR entity.euid = $uid OR entity.auid = $uid
        OR $user IN entity.users OR toString($uid) IN entity.users)
RETURN entity.key AS key
ORDER BY $sign * entity.first, key
LIMIT $limit
