// Add to the counters of a case: how many described entities and runs of each kind it has.
// Parameters: case, amounts - a map from a counter's name to its new amount.
// Returns: nothing.
// Index: prov_case.
MATCH (held:Case {case: $case})
SET held += $amounts
