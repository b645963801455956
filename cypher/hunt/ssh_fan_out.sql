-- The hunt ssh_fan_out.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT process.host, process.exe, json_group_array(DISTINCT peer.ip), min(run.time)
FROM endpoints AS peer
CROSS JOIN runs AS run ON run.target = peer.key AND run.kind = 'CONNECTED'
CROSS JOIN processes AS process ON process.key = run.source
WHERE peer.port = :port
GROUP BY process.host, process.exe
HAVING count(DISTINCT peer.ip) >= :addresses
