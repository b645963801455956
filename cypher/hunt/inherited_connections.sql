-- The hunt inherited_connections.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT DISTINCT process.host, process.time, process.pid, process.command, peer.ip, peer.port
FROM endpoints AS peer
CROSS JOIN runs AS sent ON sent.target = peer.key AND sent.kind = 'SENT'
CROSS JOIN processes AS process ON process.key = sent.source
WHERE peer.ip IS NOT NULL AND process.pid IS NOT NULL AND NOT coalesce(process.forked, 0)
      AND EXISTS (SELECT 1 FROM runs AS run
                  WHERE run.target = process.key AND run.source = peer.key AND run.kind = 'RECEIVED')
      AND NOT EXISTS (SELECT 1 FROM runs AS run
                      WHERE run.target = peer.key AND run.source = process.key AND run.kind = 'CONNECTED')
      AND NOT EXISTS (SELECT 1 FROM runs AS run
                      WHERE run.target = process.key AND run.source = peer.key AND run.kind = 'ACCEPTED')
