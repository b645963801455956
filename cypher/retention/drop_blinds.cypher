// Remove blind intervals that ended before a moment.
// Parameters: case, before.
// Returns: removed - how many.
// Index: prov_blind.
MATCH (blind:Blind {case: $case})
WHERE blind.key IS NOT NULL AND blind.last < $before
DELETE blind
RETURN count(*) AS removed
