// Commands that were run through programs that change the user, and the user id with which each began.
// Parameters: case.
// Returns: host, time, by, pid, uid, command.
// Index: prov_process_pid.
MATCH (changer:Process {case: $case})
USING INDEX SEEK changer:Process(case, pid)
WHERE changer.pid IS NOT NULL AND changer.exe =~ '(?s).*/(sudo|su|doas|pkexec|runuser)'
MATCH (changer)-[:SPAWNED|EXECUTED]->{1,3}(run:Process)
WHERE NOT coalesce(run.forked, false) AND run.exe <> changer.exe
RETURN DISTINCT run.host AS host, run.time AS time, changer.command AS by, run.pid AS pid, 
       CASE WHEN run.accounts IS NULL THEN run.uid ELSE toInteger(split(head(run.accounts), ' ')[1]) END AS uid,
       run.command AS command
ORDER BY host, time
