// Modules and BPF programs that were put into the kernel, by whatever call.
// Parameters: case.
// Returns: host, time, pid, command, did.
// Index: prov_host, prov_note_time.
MATCH (host:Host {case: $case})
WHERE host.host IS NOT NULL
MATCH (note:Note {case: $case, host: host.host})
USING INDEX note:Note(case, host, moment)
WHERE note.moment IS NOT NULL AND note.type IN ['KERN_MODULE', 'BPF']
OPTIONAL MATCH (note)-[:ABOUT]->(process:Process)
RETURN note.host AS host, note.time AS time, process.pid AS pid, process.command AS command, note.text AS did
ORDER BY host, time
