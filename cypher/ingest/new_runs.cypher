// Write runs that are not there yet. Each end is looked up once, and made when nobody has described it.
// Parameters: case, keys - those of all ends;
//     rows - [source, target (places in `keys`), kind (the relationship's type), first, last, times, evidence (bytes),
//     detail (JSON or null), open (true or null)].
// Returns: nothing.
// Index: prov_entity.
UNWIND range(0, size($keys) - 1) AS place
MERGE (entity:Entity {case: $case, key: $keys[place]})
WITH place, entity
ORDER BY place
WITH collect(entity) AS ends
UNWIND $rows AS row
WITH ends[row[0]] AS source, ends[row[1]] AS target, row
CREATE (source)-[run:$(row[2]) {first: row[3], last: row[4], times: row[5], evidence: row[6], detail: row[7], open: row[8]}]
       ->(target)
