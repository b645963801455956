// The state that the last batch of a host left.
// Parameters: case, host.
// Returns: state (bytes).
// Index: prov_checkpoint.
MATCH (kept:Checkpoint {case: $case, host: $host})
RETURN kept.state AS state
