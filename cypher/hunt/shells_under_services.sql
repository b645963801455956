-- The hunt shells_under_services.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
WITH RECURSIVE below (service, key, depth) AS (
    SELECT DISTINCT accepted.target, accepted.target, 0 FROM runs AS accepted WHERE accepted.kind = 'ACCEPTED'
    UNION
    SELECT below.service, run.target, below.depth + 1
    FROM below CROSS JOIN runs AS run ON run.source = below.key AND run.kind IN ('SPAWNED', 'EXECUTED')
    WHERE below.depth < 4
)
SELECT DISTINCT shell.host, shell.time, service.exe, shell.pid, shell.command
FROM below
CROSS JOIN processes AS shell ON shell.key = below.key
CROSS JOIN processes AS service ON service.key = below.service
WHERE below.depth > 0 AND service.pid IS NOT NULL AND shell.exe REGEXP '.*/(ba|da|z|k|c|tc|a)?sh'
      AND NOT coalesce(shell.forked, 0)
