// Create hosts that do not exist.
// Parameters: case, rows - host (short form), name (full).
// Returns: nothing.
// Index: prov_host.
UNWIND $rows AS row
MERGE (host:Host {case: $case, host: row.host})
ON CREATE SET host.name = row.name, host.skew_ms = 0, host.tallies = '{}', host.addresses = '[]'
