// Remove alerts that have become documents.
// Parameters: case, keys - digests of their ids, without duplicates.
// Returns: nothing.
// Index: prov_alert.
UNWIND $keys AS key
MATCH (alert:Alert {case: $case, key: key})
DELETE alert
