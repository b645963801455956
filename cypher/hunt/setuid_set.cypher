// Files that were made to run as their owner or group: by the mode that was recorded later, or by the arguments of chmod.
// Parameters: case.
// Returns: host, time, path, mode (as last recorded), pid, command.
// Index: prov_process_pid.
MATCH (process:Process {case: $case})
USING INDEX SEEK process:Process(case, pid)
WHERE process.pid IS NOT NULL
MATCH (process)-[run:CHANGED_MODE|WROTE]->(file:File)
WHERE file.mode =~ '0?10[2-7]\\d{3}'
      OR type(run) = 'CHANGED_MODE' AND process.exe =~ '(?s).*/(chmod|busybox)'
         AND process.command =~ '(?s)(\\S*busybox )?\\S*chmod( -\\S+)* ([ugoa]*[+=][rwxXt]*s\\S*|0?[2-7][0-7]{3}) .*'
RETURN DISTINCT process.host AS host, datetime({epochMillis: run.first / 1048576}) AS time, file.path AS path,
       file.mode AS mode, process.pid AS pid, process.command AS command
ORDER BY host, time
