-- The hunt download_then_run.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT DISTINCT file.host, file.path, peer.ip, peer.port, writer.command, runner.command, loaded.time
FROM runs AS loaded
CROSS JOIN runs AS run ON run.target = loaded.source AND run.kind = 'WROTE' AND run.first <= loaded.first
CROSS JOIN runs AS got ON got.target = run.source AND got.kind IN ('RECEIVED', 'ACCEPTED') AND got.first <= run.last
CROSS JOIN endpoints AS peer ON peer.key = got.source AND peer.ip IS NOT NULL
CROSS JOIN files AS file ON file.key = loaded.source
CROSS JOIN processes AS writer ON writer.key = run.source
CROSS JOIN processes AS runner ON runner.key = loaded.target
WHERE loaded.kind = 'LOADED'
