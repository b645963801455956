// Logs that were written, emptied, replaced or deleted by hand: by shells, interpreters, editors and file tools, and not
// by the service that writes them.
// Parameters: case.
// Returns: host, time, path, kind, pid, command.
// Index: prov_path_begin.
MATCH (path:Path {case: $case})
USING INDEX SEEK path:Path(case, begin)
WHERE path.begin STARTS WITH '/var/log/'
MATCH (path)-[:NAMES]->(file:File)<-[run:WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER]-(process:Process)
WHERE process.exe =~ '(?s).*/((ba|da|z|k|c|tc|a)?sh|python[0-9.]*|perl[0-9.]*|ruby[0-9.]*|php[0-9.]*)'
      OR process.exe =~ '(?s).*/(vim?(\\..*)?|nano|ed|sed|truncate|shred|srm|rm|mv|cp|ln|dd|tee|cat)'
      OR process.exe =~ '(?s).*/(unlink|chattr|busybox)'
RETURN DISTINCT process.host AS host, datetime({epochMillis: run.first / 1048576}) AS time, path.text AS path,
       type(run) AS kind, process.pid AS pid, process.command AS command
ORDER BY host, time
