-- The hunt interpreters_persist.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT DISTINCT process.host, run.time, path.path, run.kind, process.pid, process.command
FROM paths AS path
CROSS JOIN runs AS run ON run.target = path.file
     AND run.kind IN ('WROTE', 'RENAMED', 'LINKED', 'CHANGED_MODE', 'CHANGED_OWNER')
CROSS JOIN processes AS process ON process.key = run.source
WHERE (path.path GLOB '/etc/cron*'
       OR path.path GLOB '/etc/anacrontab*'
       OR path.path GLOB '/var/spool/cron*'
       OR path.path GLOB '/var/spool/at*'
       OR path.path GLOB '/etc/systemd/*'
       OR path.path GLOB '/usr/lib/systemd/*'
       OR path.path GLOB '/lib/systemd/*'
       OR path.path GLOB '/usr/local/lib/systemd/*'
       OR path.path GLOB '/run/systemd/system/*'
       OR path.path GLOB '/etc/init*'
       OR path.path GLOB '/etc/rc*'
       OR path.path GLOB '/etc/ld.so.preload*'
       OR path.path GLOB '/etc/ld.so.conf*'
       OR path.path GLOB '/etc/profile*'
       OR path.path GLOB '/etc/bash.bashrc*'
       OR path.path GLOB '/etc/bashrc*'
       OR path.path GLOB '/etc/zsh*'
       OR path.path GLOB '/etc/pam.d/*'
       OR path.path GLOB '/*'
          AND (path.path GLOB '*/authorized_keys*'
               OR path.path REGEXP '.*/\.(bashrc|profile|bash_(profile|login|logout)|z(shrc|shenv|profile|login)|ssh/rc)'
               OR path.path REGEXP '.*/\.(config|local/share)/systemd/user/.*'))
      AND process.exe REGEXP
          '.*/((ba|da|z|k|c|tc|a)?sh|python[0-9.]*|perl[0-9.]*|ruby[0-9.]*|php[0-9.]*|node|lua[0-9.]*)'
