// The lists that may name the runs of an event.
// Parameters: case, host, minute, serial.
// Returns: block (bytes).
// Index: prov_witness.
MATCH (witness:Witness {case: $case, host: $host, minute: $minute})
WHERE witness.low <= $serial AND witness.high >= $serial
RETURN witness.block AS block
