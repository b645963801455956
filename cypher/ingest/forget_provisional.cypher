// Remove the marks of the provisional runs of a host.
// Parameters: case, host.
// Returns: nothing.
// Index: prov_provisional_host.
MATCH (provisional:Provisional {case: $case, host: $host})
DELETE provisional
