// Modules and BPF programs that were loaded into the kernel by any call.
// Parameters: case.
// Returns: host, time, pid, command, action.
// Index: prov_host, prov_note_time.
MATCH (host:Host {case: $case})
USING INDEX SEEK host:Host(case, host)
WHERE host.host IS NOT NULL
WITH host
MATCH (note:Note {case: $case, host: host.host})
USING INDEX SEEK note:Note(case, host, moment)
WHERE note.moment IS NOT NULL AND note.type IN ['KERN_MODULE', 'BPF']
OPTIONAL MATCH (note)-[:ABOUT]->(process:Process)
RETURN note.host AS host, note.time AS time, process.pid AS pid, process.command AS command, note.text AS action
ORDER BY host, time
