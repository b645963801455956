// All blind intervals of a case.
// Parameters: case.
// Returns: host, first, last, why; ordered by the caller.
// Index: prov_blind.
MATCH (blind:Blind {case: $case})
WHERE blind.key IS NOT NULL
RETURN blind.host AS host, blind.first AS first, blind.last AS last, blind.why AS why
