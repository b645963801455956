-- The hunt logs_tampered.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT DISTINCT process.host, run.time, path.path, run.kind, process.pid, process.command
FROM paths AS path
CROSS JOIN runs AS run ON run.target = path.file
     AND run.kind IN ('WROTE', 'RENAMED', 'LINKED', 'CHANGED_MODE', 'CHANGED_OWNER', 'DELETED')
CROSS JOIN processes AS process ON process.key = run.source
WHERE path.path GLOB '/var/log/*'
      AND (process.exe REGEXP '.*/((ba|da|z|k|c|tc|a)?sh|python[0-9.]*|perl[0-9.]*|ruby[0-9.]*|php[0-9.]*)'
           OR process.exe REGEXP '.*/(vim?(\..*)?|nano|ed|sed|truncate|shred|srm|rm|mv|cp|ln|dd|tee|cat)'
           OR process.exe REGEXP '.*/(unlink|chattr|busybox)')
