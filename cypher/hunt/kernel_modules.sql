-- The hunt kernel_modules.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT DISTINCT process.host, run.time, path.path, process.pid, process.command
FROM paths AS path
CROSS JOIN runs AS run ON run.source = path.file AND run.kind = 'LOADED'
CROSS JOIN processes AS process ON process.key = run.target
WHERE path.path GLOB '/*' AND path.path REGEXP '.*\.ko(\.(gz|xz|zst))?'
