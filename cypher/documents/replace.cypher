// Change a document if it still has the version that the caller read: it is locked first and compared then.
// Parameters: case, kind, key, version, changes - those of body, state and rank that change.
// Returns: a row if the document was changed.
// Index: prov_document.
MATCH (document:Document {case: $case, kind: $kind, key: $key})
SET document.locked = true
WITH document
WHERE document.version = $version
SET document += $changes, document.version = $version + 1
RETURN document.version AS version
