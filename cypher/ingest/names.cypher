// Store the names of files: the interval of an existing name is extended to include both.
// Parameters: case, rows - file, key (digest of the path), text, begin (its first 200 characters), first, last.
// Returns: nothing.
// Index: prov_entity, prov_path.
UNWIND $rows AS row
MERGE (file:Entity {case: $case, key: row.file})
MERGE (path:Path {case: $case, key: row.key})
ON CREATE SET path.text = row.text, path.begin = row.begin
MERGE (path)-[name:NAMES]->(file)
ON CREATE SET name.first = row.first, name.last = row.last
ON MATCH SET
    name.first = CASE WHEN row.first < name.first THEN row.first ELSE name.first END,
    name.last = CASE WHEN row.last > name.last THEN row.last ELSE name.last END
