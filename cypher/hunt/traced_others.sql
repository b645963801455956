-- The hunt traced_others.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT DISTINCT process.host, run.time, process.pid, process.command, run.kind, other.command,
       (SELECT account.uid FROM accounts AS account
        WHERE account.key = process.key AND (account.place = 0 OR account.since <= run.first)
        ORDER BY account.place DESC LIMIT 1)
       <> (SELECT account.uid FROM accounts AS account
           WHERE account.key = other.key AND (account.place = 0 OR account.since <= run.first)
           ORDER BY account.place DESC LIMIT 1)
FROM runs AS run
CROSS JOIN processes AS process ON process.key = run.source
CROSS JOIN processes AS other ON other.key = run.target
WHERE run.kind IN ('TRACED', 'INJECTED') AND process.pid IS NOT NULL
