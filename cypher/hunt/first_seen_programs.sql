-- The hunt first_seen_programs.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT process.host, process.exe, min(process.time), count(*)
FROM processes AS process
WHERE process.pid IS NOT NULL AND process.exe IS NOT NULL AND NOT coalesce(process.forked, 0)
GROUP BY process.host, process.exe
