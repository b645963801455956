// Go on only while this writer is the one: takes the case's lock until the transaction ends.
// Parameters: case, token.
// Returns: nothing, or the holder when it is another one.
// Index: prov_case.
MATCH (held:Case {case: $case})
SET held.written = true
WITH held
WHERE held.token IS NULL OR held.token <> $token
RETURN held.holder AS holder
