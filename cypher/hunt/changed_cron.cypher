// Processes that changed jobs of cron or at.
// Parameters: case.
// Returns: host, time, path, kind, pid, command.
// Index: prov_path_begin.
UNWIND ['/etc/cron', '/etc/anacrontab', '/var/spool/cron', '/var/spool/at'] AS place
MATCH (path:Path {case: $case})
USING INDEX SEEK path:Path(case, begin)
WHERE path.begin STARTS WITH place
MATCH (path)-[:NAMES]->(file:File)<-[run:WROTE|RENAMED|LINKED|CHANGED_MODE|CHANGED_OWNER|DELETED]-(process:Process)
RETURN DISTINCT process.host AS host, datetime({epochMillis: run.first / 1048576}) AS time, path.text AS path,
       type(run) AS kind, process.pid AS pid, process.command AS command
ORDER BY host, time
