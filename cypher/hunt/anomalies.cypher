// What the kernel and others found anomalous: crashes, promiscuous interfaces, calls that seccomp or SELinux refused.
// Parameters: case.
// Returns: host, time, kind, pid, command, said.
// Index: prov_host, prov_note_time.
MATCH (host:Host {case: $case})
WHERE host.host IS NOT NULL
MATCH (note:Note {case: $case, host: host.host})
USING INDEX note:Note(case, host, moment)
WHERE note.moment IS NOT NULL AND (note.type STARTS WITH 'ANOM_' OR note.type IN ['SECCOMP', 'AVC', 'USER_AVC'])
OPTIONAL MATCH (note)-[:ABOUT]->(process:Process)
RETURN note.host AS host, note.time AS time, note.type AS kind, process.pid AS pid, process.command AS command,
       note.text AS said
ORDER BY host, time
