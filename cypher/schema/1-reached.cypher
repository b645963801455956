// REACHED runs of a case, which belong to no host.
// Parameters: none.
// Returns: nothing.
CREATE INDEX prov_reached IF NOT EXISTS FOR ()-[r:REACHED]-() ON (r.case)
