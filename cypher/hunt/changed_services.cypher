// Processes that changed units of systemd (also users' own), init scripts or rc.local.
// Parameters: case.
// Returns: host, time, path, kind, pid, command.
// Index: prov_path_begin.
UNWIND ['/etc/systemd/', '/usr/lib/systemd/', '/lib/systemd/', '/usr/local/lib/systemd/', '/run/systemd/system/',
        '/etc/init', '/etc/rc', '/root/', '/home/'] AS place
MATCH (path:Path {case: $case})
USING INDEX SEEK path:Path(case, begin)
WHERE path.begin STARTS WITH place
      AND (NOT place IN ['/root/', '/home/'] OR path.text =~ '(?s).*/\\.(config|local/share)/systemd/user/.*')
MATCH (path)-[:NAMES]->(file:File)<-[run:WROTE|RENAMED|LINKED|CHANGED_MODE|CHANGED_OWNER|DELETED]-(process:Process)
RETURN DISTINCT process.host AS host, datetime({epochMillis: run.first / 1048576}) AS time, path.text AS path,
       type(run) AS kind, process.pid AS pid, process.command AS command
ORDER BY host, time
