// The writer of a case, as it described itself when it began.
// Parameters: case.
// Returns: holder.
// Index: prov_case.
MATCH (held:Case {case: $case})
RETURN held.holder AS holder
