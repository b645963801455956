// Remove documents.
// Parameters: case, rows - of kind and key, without duplicates.
// Returns: removed - how many documents existed.
// Index: prov_document.
UNWIND $rows AS row
MATCH (document:Document {case: $case, kind: row.kind, key: row.key})
DELETE document
RETURN count(*) AS removed
