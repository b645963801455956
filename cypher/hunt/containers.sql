-- The hunt containers.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT process.host, process.time, process.pid, process.container, process.command
FROM processes AS process
WHERE process.pid IS NOT NULL AND process.container IS NOT NULL
