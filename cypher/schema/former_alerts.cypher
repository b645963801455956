// Up to `limit` alerts in the form of earlier versions, which stored them beside the documents of the service.
// Parameters: case, limit.
// Returns: key, id, source, external_id, title, body (JSON), now (ms since the epoch).
// Index: prov_alert.
MATCH (alert:Alert {case: $case})
WHERE alert.key IS NOT NULL
RETURN alert.key AS key, alert.id AS id, alert.source AS source, alert.external_id AS external_id,
       alert.title AS title, alert.body AS body, timestamp() AS now
LIMIT $limit
