-- The hunt traced_others.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT DISTINCT process.host, run.time, process.pid, process.command, run.kind, other.command, process.uid <> other.uid
FROM runs AS run
CROSS JOIN processes AS process ON process.key = run.source
CROSS JOIN processes AS other ON other.key = run.target
WHERE run.kind IN ('TRACED', 'INJECTED') AND process.pid IS NOT NULL
