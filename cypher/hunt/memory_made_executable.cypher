// Processes that made writable memory executable: code that was not loaded from disk.
// Parameters: case.
// Returns: host, time, pid, exe, command, times.
// Index: prov_host, prov_note_time.
MATCH (host:Host {case: $case})
USING INDEX SEEK host:Host(case, host)
WHERE host.host IS NOT NULL
WITH host
MATCH (note:Note {case: $case, host: host.host})
USING INDEX SEEK note:Note(case, host, moment)
WHERE note.moment IS NOT NULL AND note.type = 'MPROTECT'
MATCH (note)-[:ABOUT]->(process:Process)
RETURN note.host AS host, min(note.time) AS time, process.pid AS pid, process.exe AS exe, process.command AS command,
       count(*) AS times
ORDER BY host, time
