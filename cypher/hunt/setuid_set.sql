-- The hunt setuid_set.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT DISTINCT process.host, run.time, file.path, file.mode, process.pid, process.command
FROM runs AS run
CROSS JOIN files AS file ON file.key = run.target
CROSS JOIN processes AS process ON process.key = run.source
WHERE run.kind IN ('CHANGED_MODE', 'WROTE') AND process.pid IS NOT NULL
      AND (file.mode REGEXP '0?10[2-7]\d{3}'
           OR run.kind = 'CHANGED_MODE' AND process.exe REGEXP '.*/(chmod|busybox)'
              AND process.command REGEXP
                  '(\S*busybox )?\S*chmod( -\S+)* ([ugoa]*[+=][rwxXt]*s\S*|0?[2-7][0-7]{3}) .*')
