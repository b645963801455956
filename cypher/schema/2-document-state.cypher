// Documents of a kind in a state in their order.
// Parameters: none.
// Returns: nothing.
CREATE INDEX prov_document_state IF NOT EXISTS FOR (n:Document) ON (n.case, n.kind, n.state, n.rank, n.key)
