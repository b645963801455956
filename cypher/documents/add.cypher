// Keep a document; one that is known stays as it is.
// Parameters: case, kind, key, body (JSON in a Zstandard frame), state, rank.
// Returns: new.
// Index: prov_document.
MERGE (document:Document {case: $case, kind: $kind, key: $key})
WITH document, document.version IS NULL AS new
SET document += CASE WHEN new THEN {body: $body, state: $state, rank: $rank, version: 1} ELSE {} END
RETURN new
