-- The hunt changed_login.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT DISTINCT process.host, run.time, path.path, run.kind, process.pid, process.command
FROM paths AS path
CROSS JOIN runs AS run ON run.target = path.file
     AND run.kind IN ('WROTE', 'RENAMED', 'LINKED', 'CHANGED_MODE', 'CHANGED_OWNER', 'DELETED')
CROSS JOIN processes AS process ON process.key = run.source
WHERE (path.path GLOB '/etc/profile*'
       OR path.path GLOB '/etc/bash.bashrc*'
       OR path.path GLOB '/etc/bashrc*'
       OR path.path GLOB '/etc/zsh*'
       OR path.path GLOB '/etc/environment*'
       OR path.path GLOB '/etc/pam.d/*'
       OR path.path GLOB '/etc/ssh/*'
       OR path.path GLOB '/etc/security/*'
       OR path.path GLOB '/etc/nsswitch.conf*'
       OR path.path REGEXP '/(usr/)?lib(32|64|/[^/]*-linux-[^/]*)?/security/.*'
       OR (path.path GLOB '/root/*' OR path.path GLOB '/home/*')
          AND path.path REGEXP '.*/\.(bashrc|profile|bash_(profile|login|logout)|z(shrc|shenv|profile|login)|ssh/rc)')
