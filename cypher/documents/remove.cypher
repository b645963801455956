// Remove a document.
// Parameters: case, kind, key.
// Returns: a row if the document existed.
// Index: prov_document.
MATCH (document:Document {case: $case, kind: $kind, key: $key})
DELETE document
RETURN true AS removed
