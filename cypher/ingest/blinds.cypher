// Store blind intervals; an existing one gets the later end of both.
// Parameters: case, rows - key (digest), host, first, last, why.
// Returns: nothing.
// Index: prov_blind.
UNWIND $rows AS row
MERGE (blind:Blind {case: $case, key: row.key})
SET blind.host = row.host, blind.first = row.first, blind.why = row.why,
    blind.last = CASE WHEN row.last > blind.last OR blind.last IS NULL THEN row.last ELSE blind.last END
