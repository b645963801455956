// Write REACHED runs, which belong to a case and to no host.
// Parameters: case, rows - source, target, run (a map: first, last, times, evidence (bytes), detail (JSON or null)).
// Returns: added - how many runs were new.
// Index: prov_entity.
UNWIND $rows AS row
MERGE (source:Entity {case: $case, key: row.source})
MERGE (target:Entity {case: $case, key: row.target})
MERGE (source)-[run:REACHED {first: row.run.first}]->(target)
WITH run, row, run.last IS NULL AS new
SET run.case = $case,
    run.last = CASE WHEN new OR row.run.last > run.last THEN row.run.last ELSE run.last END,
    run.times = CASE WHEN new OR row.run.times > run.times THEN row.run.times ELSE run.times END,
    run.evidence = CASE WHEN new OR size(row.run.evidence) > coalesce(size(run.evidence), 0) THEN row.run.evidence
                        ELSE run.evidence END,
    run.detail = coalesce(row.run.detail, run.detail)
RETURN sum(CASE WHEN new THEN 1 ELSE 0 END) AS added
