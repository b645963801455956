// Who read password hashes, private keys and credentials.
// Parameters: case.
// Returns: host, time, path, pid, command.
// Index: prov_path_begin.
UNWIND ['/etc/shadow', '/etc/gshadow', '/etc/sudoers', '/etc/ssh/ssh_host_', '/root/', '/home/',
        '/etc/krb5.keytab'] AS place
MATCH (path:Path {case: $case})
USING INDEX path:Path(case, begin)
WHERE path.begin STARTS WITH place
      AND (NOT place IN ['/root/', '/home/']
           OR path.text =~ '.*/(\\.ssh/id_|\\.aws/|\\.gnupg/|\\.netrc|\\.pgpass|\\.my\\.cnf).*')
MATCH (path)-[:NAMES]->(file:File)-[run:READ]->(process:Process)
RETURN DISTINCT process.host AS host, datetime({epochMillis: run.first / 1048576}) AS time, path.text AS path,
       process.pid AS pid, process.command AS command
ORDER BY host, time
