// All alerts of a case.
// Parameters: case.
// Returns: id, source, external_id, title, body (JSON); ordered by the caller.
// Index: prov_alert.
MATCH (alert:Alert {case: $case})
WHERE alert.key IS NOT NULL
RETURN alert.id AS id, alert.source AS source, alert.external_id AS external_id, alert.title AS title,
       alert.body AS body
