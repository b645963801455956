// Programs that read password hashes, private keys and credentials, the rarest first: programs that check logins read
// them all day.
// Parameters: case.
// Returns: host, path, exe, processes, first, commands (at most five).
// Index: prov_path_begin.
UNWIND ['/etc/shadow', '/etc/gshadow', '/etc/ssh/ssh_host_', '/etc/krb5.keytab', '/'] AS place
MATCH (path:Path {case: $case})
USING INDEX SEEK path:Path(case, begin)
WHERE path.begin STARTS WITH place AND NOT path.text ENDS WITH '.pub'
      AND (place <> '/'
           OR path.text =~ '(?s).*/\\.(ssh/id_|gnupg/|netrc|pgpass|my\\.cnf|git-credentials).*'
           OR path.text =~ '(?s).*/\\.(aws/credentials|kube/config|docker/config\\.json)')
MATCH (path)-[:NAMES]->(file:File)-[run:READ]->(process:Process)
WITH path, process, min(run.first) AS read
ORDER BY process.command
RETURN process.host AS host, path.text AS path, process.exe AS exe, count(*) AS processes,
       datetime({epochMillis: min(read) / 1048576}) AS first, collect(DISTINCT process.command)[..5] AS commands
ORDER BY processes, host, first
