// The lists that lead from an event to its runs, by host and minute.
// Parameters: none.
// Returns: nothing.
CREATE INDEX prov_witness IF NOT EXISTS FOR (n:Witness) ON (n.case, n.host, n.minute)
