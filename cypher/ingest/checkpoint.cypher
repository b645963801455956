// Store the state after a batch.
// Parameters: case, host, state (bytes).
// Returns: nothing.
// Index: prov_checkpoint.
MERGE (kept:Checkpoint {case: $case, host: $host})
SET kept.state = $state
