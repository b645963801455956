-- The hunt hosts_reached.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT source.host, target.host, source.ip, source.port, flow.first >> 20, flow.detail
FROM flow
CROSS JOIN endpoints AS source ON source.key = flow.source
CROSS JOIN endpoints AS target ON target.key = flow.target
WHERE flow.kind = 19
