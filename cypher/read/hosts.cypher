// The hosts of a case with their intervals, counters, addresses and clocks.
// Parameters: case.
// Returns: host (short form), name (full), first, last, tallies (JSON), addresses (JSON), skew_ms; ordered by the caller.
// Index: prov_host.
MATCH (host:Host {case: $case})
USING INDEX SEEK host:Host(case, host)
WHERE host.host IS NOT NULL
RETURN host.host AS host, host.name AS name, host.first AS first, host.last AS last, host.tallies AS tallies,
       host.addresses AS addresses, host.skew_ms AS skew_ms
