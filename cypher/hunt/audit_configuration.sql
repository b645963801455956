-- The hunt audit_configuration.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT note.host, note.time, note.text, process.pid, process.command
FROM notes AS note LEFT JOIN processes AS process ON process.key = note.subject
WHERE note.type = 'CONFIG_CHANGE'
