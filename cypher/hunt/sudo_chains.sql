-- The hunt sudo_chains.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
WITH RECURSIVE below (changer, key, depth) AS (
    SELECT process.key, process.key, 0 FROM processes AS process
    WHERE process.pid IS NOT NULL AND process.exe REGEXP '.*/(sudo|su|doas|pkexec|runuser)'
    UNION
    SELECT below.changer, run.target, below.depth + 1
    FROM below CROSS JOIN runs AS run ON run.source = below.key AND run.kind IN ('SPAWNED', 'EXECUTED')
    WHERE below.depth < 3
)
SELECT DISTINCT process.host, process.time, changer.command, process.pid,
       (SELECT account.uid FROM accounts AS account WHERE account.key = process.key AND account.place = 0),
       process.command
FROM below
CROSS JOIN processes AS changer ON changer.key = below.changer
CROSS JOIN processes AS process ON process.key = below.key
WHERE below.depth > 0 AND NOT coalesce(process.forked, 0) AND process.exe <> changer.exe
