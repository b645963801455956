// Remove notes of a host that were made before a moment, except notes about pinned entities.
// Parameters: case, host, before, most - how many at once.
// Returns: removed - how many.
// Index: prov_note_time.
MATCH (note:Note {case: $case, host: $host})
WHERE note.moment < $before AND NOT EXISTS { (note)-[:ABOUT]->(:Pinned) }
WITH note LIMIT $most
DETACH DELETE note
RETURN count(*) AS removed
