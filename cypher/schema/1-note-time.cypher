// Notes of a host by moment.
// Parameters: none.
// Returns: nothing.
CREATE INDEX prov_note_time IF NOT EXISTS FOR (n:Note) ON (n.case, n.host, n.moment)
