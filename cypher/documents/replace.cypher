// Change a document if it still is as the caller read it: it is locked first and compared then. A page takes state and rank from
// its index and the version from the node a moment later, so that the version alone may be newer than what the caller saw.
// Parameters: case, kind, key, version, state and rank - as the caller read them, changes - those of body, state and rank that
//   change.
// Returns: a row if the document was changed.
// Index: prov_document.
MATCH (document:Document {case: $case, kind: $kind, key: $key})
SET document.locked = true
WITH document
WHERE document.version = $version AND document.state = $state AND document.rank = $rank
SET document += $changes, document.version = $version + 1
RETURN document.version AS version
