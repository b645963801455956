// The lists of the runs of events, by host and minute.
// Parameters: none.
// Returns: nothing.
CREATE INDEX prov_witness IF NOT EXISTS FOR (n:Witness) ON (n.case, n.host, n.minute)
