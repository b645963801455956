// Remove the marks of entities, those of a run that was broken off too.
// Parameters: case, most - how many at once.
// Returns: gone - how many had one.
// Whole: yes, every entity that is marked.
MATCH (entity:Pinned|Needed)
WHERE entity.case = $case
WITH entity LIMIT $most
REMOVE entity:Pinned, entity:Needed
RETURN count(*) AS gone
