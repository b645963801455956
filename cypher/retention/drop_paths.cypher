// Remove paths that no file has.
// Parameters: case, most - how many at once.
// Returns: removed - how many.
// Index: prov_path.
MATCH (path:Path {case: $case})
WHERE path.key IS NOT NULL AND NOT EXISTS { (path)-[:NAMES]->() }
WITH path LIMIT $most
DELETE path
RETURN count(*) AS removed
