// Documents of a kind in order.
// Parameters: none.
// Returns: nothing.
CREATE INDEX prov_document_rank IF NOT EXISTS FOR (n:Document) ON (n.case, n.kind, n.rank, n.key)
