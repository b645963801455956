// Processes that run as root although another user logged in: of a chain of such processes, the first.
// Parameters: case.
// Returns: host, time, pid, auid, uid, euid, command.
// Index: prov_process_pid.
MATCH (process:Process {case: $case})
USING INDEX SEEK process:Process(case, pid)
WHERE process.pid IS NOT NULL AND process.auid > 0 AND process.euid = 0
      AND NOT EXISTS {
          MATCH (before:Process)-[:SPAWNED|EXECUTED]->(process)
          WHERE before.euid = 0 AND before.auid = process.auid
      }
RETURN process.host AS host, process.time AS time, process.pid AS pid, process.auid AS auid, process.uid AS uid,
       process.euid AS euid, process.command AS command
ORDER BY host, time
