// Remove documents.
// Parameters: case, rows - of kind and key, each once.
// Returns: gone - how many there were.
// Index: prov_document.
UNWIND $rows AS row
MATCH (document:Document {case: $case, kind: row.kind, key: row.key})
DELETE document
RETURN count(*) AS gone
