// Remove ends of connections.
// Parameters: case, keys (digests).
// Returns: removed - how many.
// Index: prov_connection.
UNWIND $keys AS key
MATCH (end:Connection {case: $case, key: key})
DELETE end
RETURN count(*) AS removed
