// Remove the lists of the runs of events of a host before a minute.
// Parameters: case, host, minute.
// Returns: nothing.
// Index: prov_witness.
MATCH (witness:Witness {case: $case, host: $host})
WHERE witness.minute < $minute
DELETE witness
