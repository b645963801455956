// Kernel modules that were loaded, and their files.
// Parameters: case.
// Returns: host, time, path, pid, command.
// Index: prov_path_begin.
MATCH (path:Path {case: $case})
USING INDEX SEEK path:Path(case, begin)
WHERE path.begin STARTS WITH '/' AND path.text =~ '(?s).*\\.ko(\\.(gz|xz|zst))?'
MATCH (path)-[:NAMES]->(file:File)-[run:LOADED]->(process:Process)
RETURN DISTINCT process.host AS host, datetime({epochMillis: run.first / 1048576}) AS time, path.text AS path,
       process.pid AS pid, process.command AS command
ORDER BY host, time
