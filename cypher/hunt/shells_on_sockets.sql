-- The hunt shells_on_sockets.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT DISTINCT shell.host, shell.time, shell.pid, shell.command, peer.ip, peer.port
FROM endpoints AS peer
CROSS JOIN runs AS sent ON sent.target = peer.key AND sent.kind IN ('CONNECTED', 'SENT')
CROSS JOIN processes AS shell ON shell.key = sent.source
WHERE peer.protocol <> 'unix' AND shell.pid IS NOT NULL AND shell.exe REGEXP '.*/(ba|da|z|k|c|tc|a)?sh'
      AND EXISTS (SELECT 1 FROM runs AS received
                  WHERE received.target = shell.key AND received.source = peer.key
                        AND received.kind IN ('RECEIVED', 'ACCEPTED'))
