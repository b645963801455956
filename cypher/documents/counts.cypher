// The number of documents of a kind in each state.
// Parameters: case, kind.
// Returns: state, amount.
// Index: prov_document.
MATCH (document:Document {case: $case, kind: $kind})
WHERE document.key IS NOT NULL
RETURN document.state AS state, count(document) AS amount
