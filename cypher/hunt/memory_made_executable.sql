-- The hunt memory_made_executable.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT note.host, min(note.time), process.pid, process.exe, process.command, count(*)
FROM notes AS note CROSS JOIN processes AS process ON process.key = note.subject
WHERE note.type = 'MPROTECT'
GROUP BY note.host, process.pid, process.exe, process.command
