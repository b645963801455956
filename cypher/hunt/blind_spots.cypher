// What the logs do not record, and when.
// Parameters: case.
// Returns: host, first, last, why.
// Index: prov_blind.
MATCH (blind:Blind {case: $case})
WHERE blind.key IS NOT NULL
RETURN blind.host AS host, datetime({epochMillis: blind.first / 1048576}) AS first,
       datetime({epochMillis: blind.last / 1048576}) AS last, blind.why AS why
ORDER BY host, first
