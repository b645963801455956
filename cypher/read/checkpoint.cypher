// The state of a host after its last batch.
// Parameters: case, host.
// Returns: state (bytes).
// Index: prov_checkpoint.
MATCH (checkpoint:Checkpoint {case: $case, host: $host})
RETURN checkpoint.state AS state
