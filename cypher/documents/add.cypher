// Store documents, each with a different kind or key; existing documents are not changed.
// Parameters: case, rows - of kind, key, body (JSON in a Zstandard frame), state, rank.
// Returns: kind, key of the new documents.
// Index: prov_document.
UNWIND $rows AS row
MERGE (document:Document {case: $case, kind: row.kind, key: row.key})
WITH document, row
WHERE document.version IS NULL
SET document.body = row.body, document.state = row.state, document.rank = row.rank, document.version = 1
RETURN document.kind AS kind, document.key AS key
