// Programs and scripts executed from places that every user may write to.
// Parameters: case.
// Returns: host, time, pid, command, path.
// Index: prov_path_begin.
UNWIND ['/tmp/', '/var/tmp/', '/dev/shm/', '/run/user/', '/run/lock/'] AS place
MATCH (path:Path {case: $case})
USING INDEX SEEK path:Path(case, begin)
WHERE path.begin STARTS WITH place
MATCH (path)-[:NAMES]->(file:File)-[run:LOADED]->(process:Process)
RETURN DISTINCT process.host AS host, process.time AS time, process.pid AS pid, process.command AS command,
       path.text AS path
ORDER BY host, time
