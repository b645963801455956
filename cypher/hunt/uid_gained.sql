-- The hunt uid_gained.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT process.host, process.time, process.pid, process.auid, process.uid, process.euid, process.command
FROM processes AS process
WHERE process.pid IS NOT NULL AND process.auid > 0 AND process.euid = 0
      AND NOT EXISTS (
          SELECT 1 FROM runs AS run CROSS JOIN processes AS before ON before.key = run.source
          WHERE run.target = process.key AND run.kind IN ('SPAWNED', 'EXECUTED')
                AND before.euid = 0 AND before.auid = process.auid
      )
