// Remove the marks of entities, also those of an interrupted run.
// Parameters: case, most - how many at once.
// Returns: removed - how many had one.
// Full scan: yes, every marked entity.
MATCH (entity:Pinned|Needed)
WHERE entity.case = $case
WITH entity LIMIT $most
REMOVE entity:Pinned, entity:Needed
RETURN count(*) AS removed
