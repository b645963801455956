// Who writes a case, as it said when it began.
// Parameters: case.
// Returns: holder.
// Index: prov_case.
MATCH (held:Case {case: $case})
RETURN held.holder AS holder
