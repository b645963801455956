-- The hunt time_changed.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT process.host, process.time, process.pid,
       (SELECT account.uid FROM accounts AS account WHERE account.key = process.key AND account.place = 0),
       process.command, NULL
FROM processes AS process
WHERE process.pid IS NOT NULL AND NOT coalesce(process.forked, 0)
      AND (process.exe REGEXP '.*/(hwclock|ntpdate|rdate|adjtimex)'
           OR process.exe GLOB '*/chronyc' AND process.command REGEXP '.* (makestep|settime).*'
           OR process.exe GLOB '*/timedatectl' AND instr(process.command, ' set-') > 0
           OR process.exe GLOB '*/date'
              AND (process.command REGEXP '\S*date( .*)? (-[uR]*s|--set\b).*'
                   OR process.command REGEXP '\S*date( -u| --utc)* \d{8,12}(\.\d\d)?'))
UNION
SELECT process.host, note.time, process.pid,
       (SELECT account.uid FROM accounts AS account
        WHERE account.key = process.key AND (account.place = 0 OR account.since <= note.moment)
        ORDER BY account.place DESC LIMIT 1),
       process.command, note.text
FROM notes AS note CROSS JOIN processes AS process ON process.key = note.subject
WHERE note.type = 'CLOCK'
