-- The hunt in_memory.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT process.host, process.time, process.pid, process.exe, process.command
FROM processes AS process
WHERE process.pid IS NOT NULL
      AND (process.exe GLOB '/memfd:*' OR process.exe GLOB '* (deleted)' OR process.exe REGEXP '/proc/.*/fd/.*')
