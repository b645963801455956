// The blocks that hold raw lines of a minute.
// Parameters: none.
// Returns: nothing.
CREATE INDEX prov_line_span IF NOT EXISTS FOR (n:LineSpan) ON (n.case, n.host, n.minute)
