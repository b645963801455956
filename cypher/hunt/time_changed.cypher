// Processes that set the clock, and the user id with which they did: programs with arguments that set it, and processes that
// made the system call.
// Parameters: case.
// Returns: host, time, pid, uid, command, action (null if only the arguments are known).
// Index: prov_process_pid, prov_host, prov_note_time.
CALL () {
    MATCH (process:Process {case: $case})
    USING INDEX SEEK process:Process(case, pid)
    WHERE process.pid IS NOT NULL AND NOT coalesce(process.forked, false)
          AND (process.exe =~ '(?s).*/(hwclock|ntpdate|rdate|adjtimex)'
               OR process.exe ENDS WITH '/chronyc' AND process.command =~ '(?s).* (makestep|settime).*'
               OR process.exe ENDS WITH '/timedatectl' AND process.command CONTAINS ' set-'
               OR process.exe ENDS WITH '/date'
                  AND (process.command =~ '(?s)\\S*date( .*)? (-[uR]*s|--set\\b).*'
                       OR process.command =~ '(?s)\\S*date( -u| --utc)* \\d{8,12}(\\.\\d\\d)?'))
    RETURN process, process.time AS time, null AS action,
           CASE WHEN process.accounts IS NULL THEN process.uid ELSE toInteger(split(head(process.accounts), ' ')[1]) END AS uid
    UNION
    MATCH (host:Host {case: $case})
    USING INDEX SEEK host:Host(case, host)
    WHERE host.host IS NOT NULL
    WITH host
    MATCH (note:Note {case: $case, host: host.host})
    USING INDEX SEEK note:Note(case, host, moment)
    WHERE note.moment IS NOT NULL AND note.type = 'CLOCK'
    MATCH (note)-[:ABOUT]->(process:Process)
    RETURN process, note.time AS time, note.text AS action,
           CASE WHEN process.accounts IS NULL THEN process.uid
           ELSE toInteger(split(coalesce(last([account IN process.accounts WHERE toInteger(split(account, ' ')[0]) <= note.moment]),
                                         head(process.accounts)), ' ')[1]) END AS uid
}
RETURN process.host AS host, time, process.pid AS pid, uid, process.command AS command, action
ORDER BY host, time
