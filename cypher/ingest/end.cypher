// Remove the writer of a case.
// Parameters: case, token.
// Returns: nothing.
// Index: prov_case.
MATCH (held:Case {case: $case})
WHERE held.token = $token
SET held.token = null, held.holder = null
