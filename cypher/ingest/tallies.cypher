// The counters of a host, to be added to.
// Parameters: case, host.
// Returns: tallies (JSON).
// Index: prov_host.
MATCH (host:Host {case: $case, host: $host})
RETURN host.tallies AS tallies
