// Check that this writer still writes the case, and lock the case until the transaction ends.
// Parameters: case, token.
// Returns: nothing, or the holder if another one writes.
// Index: prov_case.
MATCH (held:Case {case: $case})
SET held.written = true
WITH held
WHERE held.token IS NULL OR held.token <> $token
RETURN held.holder AS holder
