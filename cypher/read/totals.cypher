// The counters of a case: `nodes_LABEL` and `runs_TYPE`.
// Parameters: case.
// Returns: totals (a map).
// Index: prov_case.
MATCH (held:Case {case: $case})
RETURN held {.*} AS totals
