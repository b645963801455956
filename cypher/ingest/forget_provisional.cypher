// Forget which runs of a host were provisional.
// Parameters: case, host.
// Returns: nothing.
// Index: prov_provisional_host.
MATCH (provisional:Provisional {case: $case, host: $host})
DELETE provisional
