// A page of the documents of a kind.
// Parameters: case, kind, rank and key - of the last document of the previous page, limit.
// Returns: kind, key, body, state, rank, version; in order of rank and key.
// Index: prov_document_rank.
MATCH (document:Document {case: $case, kind: $kind})
WHERE document.rank >= $rank AND document.key IS NOT NULL AND (document.rank > $rank OR document.key > $key)
WITH document
ORDER BY document.rank, document.key
LIMIT $limit
RETURN document.kind AS kind, document.key AS key, document.body AS body, document.state AS state,
       document.rank AS rank, document.version AS version
