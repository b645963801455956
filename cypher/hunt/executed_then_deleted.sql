-- The hunt executed_then_deleted.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT DISTINCT file.host, file.path, runner.command, loaded.time, deleter.command, run.time
FROM runs AS run
CROSS JOIN runs AS loaded ON loaded.source = run.target AND loaded.kind = 'LOADED' AND loaded.first <= run.first
CROSS JOIN files AS file ON file.key = run.target
CROSS JOIN processes AS deleter ON deleter.key = run.source
CROSS JOIN processes AS runner ON runner.key = loaded.target
WHERE run.kind = 'DELETED' AND deleter.pid IS NOT NULL
