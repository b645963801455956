-- The hunt changed_logs.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT DISTINCT process.host, run.time, path.path, run.kind, process.pid, process.command
FROM paths AS path
CROSS JOIN runs AS run ON run.target = path.file
     AND run.kind IN ('WROTE', 'RENAMED', 'LINKED', 'CHANGED_MODE', 'CHANGED_OWNER', 'DELETED')
CROSS JOIN processes AS process ON process.key = run.source
WHERE (path.path GLOB '/var/log/*')
