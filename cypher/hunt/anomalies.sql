-- The hunt anomalies.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT note.host, note.time, note.type, process.pid, process.command, note.text
FROM notes AS note LEFT JOIN processes AS process ON process.key = note.subject
WHERE substr(note.type, 1, 5) = 'ANOM_' OR note.type IN ('SECCOMP', 'AVC', 'USER_AVC')
