// Remove alerts that have become documents, and the mark that all alerts are indexed by hash, which is then done again.
// Parameters: case, keys - digests of their ids, each once; index - the kind of the mark.
// Returns: nothing.
// Index: prov_alert, prov_document_rank.
UNWIND $keys AS key
MATCH (alert:Alert {case: $case, key: key})
DELETE alert
WITH count(*) AS gone
MATCH (mark:Document {case: $case, kind: $index})
DELETE mark
