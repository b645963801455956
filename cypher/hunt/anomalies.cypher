// Anomalies that the kernel and other programs reported: crashes, promiscuous interfaces, calls
// that seccomp or SELinux denied.
// Parameters: case.
// Returns: host, time, kind, pid, command, message.
// Index: prov_host, prov_note_time.
MATCH (host:Host {case: $case})
USING INDEX SEEK host:Host(case, host)
WHERE host.host IS NOT NULL
WITH host
MATCH (note:Note {case: $case, host: host.host})
USING INDEX SEEK note:Note(case, host, moment)
WHERE note.moment IS NOT NULL AND (note.type STARTS WITH 'ANOM_' OR note.type IN ['SECCOMP', 'AVC', 'USER_AVC'])
OPTIONAL MATCH (note)-[:ABOUT]->(process:Process)
RETURN note.host AS host, note.time AS time, note.type AS kind, process.pid AS pid, process.command AS command,
       note.text AS message
ORDER BY host, time
