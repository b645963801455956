-- The hunt read_much_then_sent.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
WITH sending AS (
    SELECT run.source AS process, peer.key, peer.ip, peer.port, max(run.last) AS sent
    FROM endpoints AS peer CROSS JOIN runs AS run ON run.target = peer.key AND run.kind IN ('CONNECTED', 'SENT')
    WHERE peer.ip IS NOT NULL AND peer.protocol <> 'unix'
    GROUP BY run.source, peer.key
)
SELECT process.host, process.time, process.pid, process.command, count(DISTINCT file.key) AS files, sending.ip, sending.port
FROM sending
CROSS JOIN runs AS read ON read.target = sending.process AND read.kind = 'READ' AND read.first <= sending.sent
CROSS JOIN files AS file ON file.key = read.source
CROSS JOIN processes AS process ON process.key = sending.process
WHERE NOT file.path REGEXP '/(usr|lib|lib64|proc|sys|dev|etc/(pam\.d|security|default))/.*'
GROUP BY sending.process, sending.key
HAVING count(DISTINCT file.key) >= :files
