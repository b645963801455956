-- The hunt modules_from_scratch.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT DISTINCT process.host, run.time, path.path, process.pid, process.command
FROM paths AS path
CROSS JOIN runs AS run ON run.source = path.file AND run.kind = 'LOADED'
CROSS JOIN processes AS process ON process.key = run.target
WHERE (path.path GLOB '/tmp/*'
       OR path.path GLOB '/var/tmp/*'
       OR path.path GLOB '/dev/shm/*'
       OR path.path GLOB '/run/user/*'
       OR path.path GLOB '/run/lock/*'
       OR path.path GLOB '/home/*'
       OR path.path GLOB '/root/*')
      AND path.path REGEXP '.*\.ko(\.(gz|xz|zst))?'
