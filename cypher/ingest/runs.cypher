// Write settled runs of one kind: new ones, or known ones grown. One that was provisional is settled by it.
// Parameters: case, kind - the relationship's type;
//     rows - source, target, first, last, times, evidence (bytes), length (its bytes), detail (JSON or null).
// Returns: added - how many were new.
// Index: prov_entity; the run among those of the end that has fewer.
UNWIND $rows AS row
MERGE (source:Entity {case: $case, key: row.source})
MERGE (target:Entity {case: $case, key: row.target})
MERGE (source)-[run:$($kind) {first: row.first}]->(target)
WITH run, row, run.last IS NULL AS new
SET run.last = CASE WHEN new OR row.last > run.last THEN row.last ELSE run.last END,
    run.times = CASE WHEN new OR row.times > run.times THEN row.times ELSE run.times END,
    run.evidence = CASE WHEN new OR size(row.evidence) > size(run.evidence) THEN row.evidence ELSE run.evidence END,
    run.detail = coalesce(row.detail, run.detail),
    run.open = null
RETURN sum(CASE WHEN new THEN 1 ELSE 0 END) AS added
