// Paths that may match a glob.
// Parameters: case, begin - their first characters, up to 200; fixed - text that they contain.
// Returns: key (digest), text.
// Index: prov_path_begin.
MATCH (path:Path {case: $case})
WHERE path.begin STARTS WITH $begin AND path.text CONTAINS $fixed
RETURN path.key AS key, path.text AS text
