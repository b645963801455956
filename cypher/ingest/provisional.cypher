// Keep what is needed to take provisional runs of one kind back.
// Parameters: case, host, kind - the relationship's type;
//     rows - key (digest of the run's place), source, target, first, covered (a map: the run as it was when settled;
//     null when it was not there or provisional).
// Returns: nothing.
// Index: prov_provisional.
UNWIND $rows AS row
MERGE (provisional:Provisional {case: $case, key: row.key})
SET provisional.host = $host, provisional.source = row.source, provisional.target = row.target,
    provisional.kind = $kind, provisional.first = row.first
SET provisional += coalesce(row.covered, {})
