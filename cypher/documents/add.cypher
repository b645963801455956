// Keep documents, each of another kind or key; those that are known stay as they are.
// Parameters: case, rows - of kind, key, body (JSON in a Zstandard frame), state, rank.
// Returns: kind, key; of those that are new.
// Index: prov_document.
UNWIND $rows AS row
MERGE (document:Document {case: $case, kind: row.kind, key: row.key})
WITH document, row
WHERE document.version IS NULL
SET document.body = row.body, document.state = row.state, document.rank = row.rank, document.version = 1
RETURN document.kind AS kind, document.key AS key
