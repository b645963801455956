-- The hunt peers_outside.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT process.host, process.exe, peer.ip,
       CASE WHEN EXISTS (SELECT 1 FROM runs AS accepted WHERE accepted.source = peer.key AND accepted.kind = 'ACCEPTED')
            THEN NULL ELSE peer.port END AS port,
       count(DISTINCT process.key), min(run.time)
FROM endpoints AS peer
CROSS JOIN runs AS run ON run.target = peer.key AND run.kind IN ('CONNECTED', 'SENT')
CROSS JOIN processes AS process ON process.key = run.source
WHERE process.pid IS NOT NULL AND peer.ip IS NOT NULL
      AND NOT peer.ip REGEXP
          '(10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01]))\..*|::1?|f[cde].*|0\.0\.0\.0'
GROUP BY 1, 2, 3, 4
