// Write provisional runs of one kind as they are to be, and what is needed to take them back.
// Parameters: case, host, kind - the relationship's type;
//     rows - key (digest of the run's place), source, target, first, last, times, evidence (bytes), detail (JSON or
//     null), covered (a map: the run as it was when settled; null when it was not there or provisional).
// Returns: nothing.
// Index: prov_entity, prov_provisional.
UNWIND $rows AS row
MERGE (source:Entity {case: $case, key: row.source})
MERGE (target:Entity {case: $case, key: row.target})
MERGE (source)-[run:$($kind) {first: row.first}]->(target)
SET run.last = row.last, run.times = row.times, run.evidence = row.evidence, run.detail = row.detail, run.open = true
MERGE (provisional:Provisional {case: $case, key: row.key})
SET provisional.host = $host, provisional.source = row.source, provisional.target = row.target,
    provisional.kind = $kind, provisional.first = row.first
SET provisional += coalesce(row.covered, {})
