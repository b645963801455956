// The counters and the newest run of a host, to which the next batch is added.
// Parameters: case, host.
// Returns: tallies (JSON), newest (the greatest moment at which a settled run of it begins, or null).
// Index: prov_host.
MATCH (host:Host {case: $case, host: $host})
RETURN host.tallies AS tallies, host.newest AS newest
