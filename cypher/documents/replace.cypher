// Change a document that is still of the version that was seen: it is locked first and looked at then.
// Parameters: case, kind, key, version, changes - those of body, state and rank that change.
// Returns: a row when it was changed.
// Index: prov_document.
MATCH (document:Document {case: $case, kind: $kind, key: $key})
SET document.locked = true
WITH document
WHERE document.version = $version
SET document += $changes, document.version = $version + 1
RETURN document.version AS version
