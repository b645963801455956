// Documents of a kind and state in order.
// Parameters: none.
// Returns: nothing.
CREATE INDEX prov_document_state IF NOT EXISTS FOR (n:Document) ON (n.case, n.kind, n.state, n.rank, n.key)
