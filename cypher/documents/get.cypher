// Documents by kind and key.
// Parameters: case, rows - of kind and key.
// Returns: kind, key, body, state, rank, version; unordered.
// Index: prov_document.
UNWIND $rows AS row
MATCH (document:Document {case: $case, kind: row.kind, key: row.key})
RETURN document.kind AS kind, document.key AS key, document.body AS body, document.state AS state,
       document.rank AS rank, document.version AS version
