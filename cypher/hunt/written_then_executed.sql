-- The hunt written_then_executed.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT DISTINCT file.host, file.path, writer.command, run.time, runner.command, loaded.time
FROM runs AS loaded
CROSS JOIN runs AS run ON run.target = loaded.source AND run.kind = 'WROTE' AND run.first <= loaded.first
CROSS JOIN files AS file ON file.key = loaded.source
CROSS JOIN processes AS writer ON writer.key = run.source
CROSS JOIN processes AS runner ON runner.key = loaded.target
WHERE loaded.kind = 'LOADED' AND runner.pid IS NOT NULL
