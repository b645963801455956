// Store notes, each linked to the entity that it is about, if there is one.
// Parameters: case, host, rows - key (digest), moment, ms, serial, type, text, subject (null for none).
// Returns: nothing.
// Index: prov_note, prov_entity.
UNWIND $rows AS row
MERGE (note:Note {case: $case, key: row.key})
SET note.host = $host, note.moment = row.moment, note.ms = row.ms, note.serial = row.serial, note.type = row.type,
    note.text = row.text, note.time = datetime({epochMillis: row.moment / 1048576})
WITH note, row
WHERE row.subject IS NOT NULL
MERGE (subject:Entity {case: $case, key: row.subject})
MERGE (note)-[:ABOUT]->(subject)
