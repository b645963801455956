// Store the state after a batch.
// Parameters: case, host, state (bytes).
// Returns: nothing.
// Index: prov_checkpoint.
MERGE (checkpoint:Checkpoint {case: $case, host: $host})
SET checkpoint.state = $state
