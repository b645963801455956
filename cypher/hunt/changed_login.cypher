// Processes that changed the programs that logins start (for all users or one), or how logins are checked.
// Parameters: case.
// Returns: host, time, path, kind, pid, command.
// Index: prov_path_begin.
UNWIND ['/etc/profile', '/etc/bash.bashrc', '/etc/bashrc', '/etc/zsh', '/etc/environment', '/etc/pam.d/', '/etc/ssh/',
        '/etc/security/', '/etc/nsswitch.conf', '/lib', '/usr/lib', '/root/', '/home/'] AS place
MATCH (path:Path {case: $case})
USING INDEX SEEK path:Path(case, begin)
WHERE path.begin STARTS WITH place
      AND (NOT place IN ['/lib', '/usr/lib'] OR path.text =~ '(?s)/(usr/)?lib(32|64|/[^/]*-linux-[^/]*)?/security/.*')
      AND (NOT place IN ['/root/', '/home/']
           OR path.text =~ '(?s).*/\\.(bashrc|profile|bash_(profile|login|logout)|z(shrc|shenv|profile|login)|ssh/rc)')
MATCH (path)-[:NAMES]->(file:File)<-[run:WROTE|RENAMED|LINKED|CHANGED_MODE|CHANGED_OWNER|DELETED]-(process:Process)
RETURN DISTINCT process.host AS host, datetime({epochMillis: run.first / 1048576}) AS time, path.text AS path,
       type(run) AS kind, process.pid AS pid, process.command AS command
ORDER BY host, time
