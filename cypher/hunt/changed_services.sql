-- The hunt changed_services.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT DISTINCT process.host, run.time, path.path, run.kind, process.pid, process.command
FROM paths AS path
CROSS JOIN runs AS run ON run.target = path.file
     AND run.kind IN ('WROTE', 'RENAMED', 'LINKED', 'CHANGED_MODE', 'CHANGED_OWNER', 'DELETED')
CROSS JOIN processes AS process ON process.key = run.source
WHERE (path.path GLOB '/etc/systemd/*'
       OR path.path GLOB '/usr/lib/systemd/*'
       OR path.path GLOB '/lib/systemd/*'
       OR path.path GLOB '/usr/local/lib/systemd/*'
       OR path.path GLOB '/run/systemd/system/*'
       OR path.path GLOB '/etc/init*'
       OR path.path GLOB '/etc/rc*'
       OR (path.path GLOB '/root/*' OR path.path GLOB '/home/*')
          AND path.path REGEXP '.*/\.(config|local/share)/systemd/user/.*')
