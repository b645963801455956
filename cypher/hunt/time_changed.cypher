// Who set the clock: programs that were told to, and whoever called the kernel for it.
// Parameters: case.
// Returns: host, time, pid, uid, command, did (null when it is only known what the program was told).
// Index: prov_process_pid, prov_host, prov_note_time.
CALL () {
    MATCH (process:Process {case: $case})
    USING INDEX process:Process(case, pid)
    WHERE process.pid IS NOT NULL AND NOT coalesce(process.forked, false)
          AND (process.exe =~ '(?s).*/(hwclock|ntpdate|rdate|adjtimex)'
               OR process.exe ENDS WITH '/chronyc' AND process.command =~ '(?s).* (makestep|settime).*'
               OR process.exe ENDS WITH '/timedatectl' AND process.command CONTAINS ' set-'
               OR process.exe ENDS WITH '/date'
                  AND (process.command =~ '(?s)\\S*date( .*)? (-[uR]*s|--set\\b).*'
                       OR process.command =~ '(?s)\\S*date( -u| --utc)* \\d{8,12}(\\.\\d\\d)?'))
    RETURN process, process.time AS time, null AS did
    UNION
    MATCH (host:Host {case: $case})
    WHERE host.host IS NOT NULL
    MATCH (note:Note {case: $case, host: host.host})
    USING INDEX note:Note(case, host, moment)
    WHERE note.moment IS NOT NULL AND note.type = 'CLOCK'
    MATCH (note)-[:ABOUT]->(process:Process)
    RETURN process, note.time AS time, note.text AS did
}
RETURN process.host AS host, time, process.pid AS pid, process.uid AS uid, process.command AS command, did
ORDER BY host, time
