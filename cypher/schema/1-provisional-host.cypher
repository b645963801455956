// Provisional runs of a host.
// Parameters: none.
// Returns: nothing.
CREATE INDEX prov_provisional_host IF NOT EXISTS FOR (n:Provisional) ON (n.case, n.host)
