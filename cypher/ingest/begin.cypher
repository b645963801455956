// Make a case when there is none, and say who writes it now. Its token is asked for by every later transaction.
// Parameters: case, token, holder.
// Returns: nothing.
// Index: prov_case.
MERGE (held:Case {case: $case})
SET held.token = $token, held.holder = $holder
