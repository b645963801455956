// Pairs of parent and child programs that were seen only a few times in the whole case.
// Parameters: case, times = 2 (the most).
// Returns: parent, child, times, hosts, first.
// Index: prov_process_pid.
MATCH (child:Process {case: $case})
USING INDEX SEEK child:Process(case, pid)
WHERE child.pid IS NOT NULL AND NOT coalesce(child.forked, false)
MATCH (before:Process)-[:EXECUTED|SPAWNED]->(child)
WITH before.exe AS parent, child.exe AS exe, child
WHERE parent <> exe
WITH parent, exe AS child, count(*) AS times, collect(DISTINCT child.host) AS hosts, min(child.time) AS first
WHERE times <= $times
RETURN parent, child, times, hosts, first
ORDER BY times, first
