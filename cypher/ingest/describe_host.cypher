// Store a host's addresses and the correction of its clock.
// Parameters: case, host, addresses (JSON), skew_ms.
// Returns: nothing.
// Index: prov_host.
MATCH (host:Host {case: $case, host: $host})
SET host.addresses = $addresses, host.skew_ms = $skew_ms
