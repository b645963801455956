// Paths by their first 200 characters.
// Parameters: none.
// Returns: nothing.
CREATE INDEX prov_path_begin IF NOT EXISTS FOR (n:Path) ON (n.case, n.begin)
