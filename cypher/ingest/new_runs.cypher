// Write new runs. Each end is looked up once, and created if it does not exist.
// Parameters: case, keys - those of all ends;
//     rows - [source, target (places in `keys`), first, kind (the relationship's type), last, times, evidence (bytes),
//     open (true or null), detail (JSON or null)].
// Returns: nothing.
// Index: prov_entity.
UNWIND range(0, size($keys) - 1) AS place
MERGE (entity:Entity {case: $case, key: $keys[place]})
WITH place, entity
ORDER BY place
WITH collect(entity) AS ends
UNWIND $rows AS row
WITH ends[row[0]] AS source, ends[row[1]] AS target, row
CREATE (source)-[run:$(row[3]) {first: row[2], last: row[4], times: row[5], evidence: row[6], open: row[7], detail: row[8]}]
       ->(target)
