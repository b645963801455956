-- The hunt uid_gained.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT process.host, root.since >> 20, process.pid, root.auid, root.uid, root.euid, process.command
FROM processes AS process CROSS JOIN accounts AS root ON root.key = process.key
WHERE process.pid IS NOT NULL AND root.auid > 0 AND root.euid = 0
      AND NOT EXISTS (
          SELECT 1 FROM accounts AS earlier
          WHERE earlier.key = process.key AND earlier.place < root.place AND earlier.euid = 0 AND earlier.auid > 0
      )
      AND NOT EXISTS (
          SELECT 1 FROM runs AS run CROSS JOIN accounts AS before ON before.key = run.source
          WHERE run.target = process.key AND run.kind IN ('SPAWNED', 'EXECUTED')
                AND before.euid = 0 AND before.auid = root.auid AND (before.place = 0 OR before.since <= run.first)
      )
