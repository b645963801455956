// The state of a host after its last batch.
// Parameters: case, host.
// Returns: state (bytes).
// Index: prov_checkpoint.
MATCH (kept:Checkpoint {case: $case, host: $host})
RETURN kept.state AS state
