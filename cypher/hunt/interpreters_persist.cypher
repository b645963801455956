// Script interpreters that wrote to places from which programs are started: cron, systemd, init, logins, keys, the loader.
// Parameters: case.
// Returns: host, time, path, kind, pid, command.
// Index: prov_path_begin.
UNWIND ['/etc/cron', '/etc/anacrontab', '/var/spool/cron', '/var/spool/at', '/etc/systemd/', '/usr/lib/systemd/',
        '/lib/systemd/', '/usr/local/lib/systemd/', '/run/systemd/system/', '/etc/init', '/etc/rc',
        '/etc/ld.so.preload', '/etc/ld.so.conf', '/etc/profile', '/etc/bash.bashrc', '/etc/bashrc', '/etc/zsh',
        '/etc/pam.d/', '/'] AS place
MATCH (path:Path {case: $case})
USING INDEX SEEK path:Path(case, begin)
WHERE path.begin STARTS WITH place
      AND (place <> '/' OR path.text CONTAINS '/authorized_keys'
           OR path.text =~ '(?s).*/\\.(bashrc|profile|bash_(profile|login|logout)|z(shrc|shenv|profile|login)|ssh/rc)'
           OR path.text =~ '(?s).*/\\.(config|local/share)/systemd/user/.*')
MATCH (path)-[:NAMES]->(file:File)<-[run:WROTE|RENAMED|LINKED|CHANGED_MODE|CHANGED_OWNER]-(process:Process)
WHERE process.exe =~ '(?s).*/((ba|da|z|k|c|tc|a)?sh|python[0-9.]*|perl[0-9.]*|ruby[0-9.]*|php[0-9.]*|node|lua[0-9.]*)'
RETURN DISTINCT process.host AS host, datetime({epochMillis: run.first / 1048576}) AS time, path.text AS path,
       type(run) AS kind, process.pid AS pid, process.command AS command
ORDER BY host, time
