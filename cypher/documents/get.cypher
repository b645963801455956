// A document.
// Parameters: case, kind, key.
// Returns: kind, key, body, state, rank, version.
// Index: prov_document.
MATCH (document:Document {case: $case, kind: $kind, key: $key})
RETURN document.kind AS kind, document.key AS key, document.body AS body, document.state AS state,
       document.rank AS rank, document.version AS version
