// Processes that ran as root although another user logged in, and since when: of a chain of such processes, the first.
// Parameters: case.
// Returns: host, time, pid, auid, uid, euid, command.
// Index: prov_process_pid.
MATCH (process:Process {case: $case})
USING INDEX SEEK process:Process(case, pid)
WHERE process.pid IS NOT NULL AND (process.euid = 0 OR process.accounts IS NOT NULL)
WITH process, CASE
    WHEN process.accounts IS NULL THEN [[process.first, process.uid, process.euid, process.auid]]
    ELSE [account IN process.accounts | [part IN split(account, ' ')[0..4] | toInteger(part)]]
END AS accounts
WITH process, head([account IN accounts WHERE account[2] = 0 AND account[3] > 0]) AS root
WHERE root IS NOT NULL AND NOT EXISTS {
    MATCH (before:Process)-[run:SPAWNED|EXECUTED]->(process)
    WHERE (before.accounts IS NULL AND before.euid = 0 AND before.auid = root[3])
          OR any(place IN range(0, size(coalesce(before.accounts, [])) - 1)
                 WHERE split(before.accounts[place], ' ')[2..4] = ['0', toString(root[3])]
                       AND (place = 0 OR toInteger(split(before.accounts[place], ' ')[0]) <= run.first))
}
RETURN process.host AS host, datetime({epochMillis: root[0] / 1048576}) AS time, process.pid AS pid, root[3] AS auid,
       root[1] AS uid, root[2] AS euid, process.command AS command
ORDER BY host, time
