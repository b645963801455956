// The blocks of raw lines of a host.
// Parameters: none.
// Returns: nothing.
CREATE INDEX prov_line_block_host IF NOT EXISTS FOR (n:LineBlock) ON (n.case, n.host, n.first)
