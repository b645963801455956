// Write runs of one kind that are not there yet.
// Parameters: case, kind - the relationship's type;
//     rows - source, target, run (a map: first, last, times, evidence (bytes), detail (JSON or null), open (true or
//     null)).
// Returns: nothing.
// Index: prov_entity.
UNWIND $rows AS row
MERGE (source:Entity {case: $case, key: row.source})
MERGE (target:Entity {case: $case, key: row.target})
CREATE (source)-[run:$($kind)]->(target)
SET run = row.run
