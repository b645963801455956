// Store what is needed to drop provisional runs of one kind later.
// Parameters: case, host, kind - the relationship's type;
//     rows - key (digest of the run's place), source, target, first, covered (a map: the settled run that it replaces;
//     null if there was none).
// Returns: nothing.
// Index: prov_provisional.
UNWIND $rows AS row
MERGE (provisional:Provisional {case: $case, key: row.key})
SET provisional.host = $host, provisional.source = row.source, provisional.target = row.target,
    provisional.kind = $kind, provisional.first = row.first
SET provisional += coalesce(row.covered, {})
