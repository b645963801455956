-- The hunt unpackaged_talks_outward.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT DISTINCT process.host, process.time, process.pid, process.exe, process.command, peer.ip, peer.port
FROM processes AS process
CROSS JOIN runs AS run ON run.source = process.key AND run.kind = 'CONNECTED'
CROSS JOIN endpoints AS peer ON peer.key = run.target
WHERE process.pid IS NOT NULL AND process.exe IS NOT NULL AND peer.protocol <> 'unix'
      AND NOT process.exe REGEXP '/(usr/(?!local/)|bin/|sbin/|lib/|lib64/|opt/|snap/).*'
