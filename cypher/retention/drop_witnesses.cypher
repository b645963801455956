// Remove the lists that lead from events of a host before a minute to their runs.
// Parameters: case, host, minute.
// Returns: nothing.
// Index: prov_witness.
MATCH (witness:Witness {case: $case, host: $host})
WHERE witness.minute < $minute
DELETE witness
