// Create a case if it does not exist, and record its writer. Every later transaction compares the token.
// Parameters: case, token, holder.
// Returns: nothing.
// Index: prov_case.
MERGE (held:Case {case: $case})
SET held.token = $token, held.holder = $holder
