// Keep an alert; one that is known stays as it is.
// Parameters: case, key (digest), alert - id, source, external_id, title, body (JSON).
// Returns: new.
// Index: prov_alert.
MERGE (alert:Alert {case: $case, key: $key})
WITH alert, alert.id IS NULL AS new
SET alert += CASE WHEN new THEN $alert ELSE {} END
RETURN new
