-- The hunt rare_parents.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT before.exe, child.exe, count(*), json_group_array(DISTINCT child.host), min(child.time)
FROM processes AS child
CROSS JOIN runs AS run ON run.target = child.key AND run.kind IN ('EXECUTED', 'SPAWNED')
CROSS JOIN processes AS before ON before.key = run.source
WHERE child.pid IS NOT NULL AND NOT coalesce(child.forked, 0) AND before.exe <> child.exe
GROUP BY before.exe, child.exe
HAVING count(*) <= :times
