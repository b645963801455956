-- The hunt kernel_changes.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT note.host, note.time, process.pid, process.command, note.text
FROM notes AS note LEFT JOIN processes AS process ON process.key = note.subject
WHERE note.type IN ('KERN_MODULE', 'BPF')
