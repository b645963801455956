// Remove alerts.
// Parameters: case, keys - digests of their ids, each once.
// Returns: gone - how many there were.
// Index: prov_alert.
UNWIND $keys AS key
MATCH (alert:Alert {case: $case, key: key})
DELETE alert
RETURN count(*) AS gone
