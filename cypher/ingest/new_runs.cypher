// Write runs that are not there yet, between ends that are (`ends`).
// Parameters: case, rows - [source, target, kind (the relationship's type), first, last, times, evidence (bytes), detail
//     (JSON or null), open (true or null)].
// Returns: nothing.
// Index: prov_entity.
UNWIND $rows AS row
MATCH (source:Entity {case: $case, key: row[0]})
WITH row, source
MATCH (target:Entity {case: $case, key: row[1]})
CREATE (source)-[run:$(row[2]) {first: row[3], last: row[4], times: row[5], evidence: row[6], detail: row[7], open: row[8]}]
       ->(target)
