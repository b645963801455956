// The kinds that have documents.
// Parameters: case.
// Returns: kind.
// Index: prov_document.
MATCH (document:Document {case: $case})
WHERE document.kind IS NOT NULL AND document.key IS NOT NULL
RETURN DISTINCT document.kind AS kind
