// Changes of audit rules and settings, as the audit system recorded them.
// Parameters: case.
// Returns: host, time, message, pid, command (null if the process is unknown).
// Index: prov_host, prov_note_time.
MATCH (host:Host {case: $case})
USING INDEX SEEK host:Host(case, host)
WHERE host.host IS NOT NULL
WITH host
MATCH (note:Note {case: $case, host: host.host})
USING INDEX SEEK note:Note(case, host, moment)
WHERE note.moment IS NOT NULL AND note.type = 'CONFIG_CHANGE'
OPTIONAL MATCH (note)-[:ABOUT]->(process:Process)
RETURN note.host AS host, note.time AS time, note.text AS message, process.pid AS pid, process.command AS command
ORDER BY host, time
