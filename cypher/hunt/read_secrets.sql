-- The hunt read_secrets.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
WITH reading AS (
    SELECT path.path, path.path_key, process.key, process.host, process.exe, process.command, min(run.time) AS time
    FROM paths AS path
    CROSS JOIN runs AS run ON run.source = path.file AND run.kind = 'READ'
    CROSS JOIN processes AS process ON process.key = run.target
    WHERE path.path NOT GLOB '*.pub'
          AND (path.path GLOB '/etc/shadow*'
       OR path.path GLOB '/etc/gshadow*'
       OR path.path GLOB '/etc/ssh/ssh_host_*'
       OR path.path GLOB '/etc/krb5.keytab*'
       OR path.path GLOB '/*'
          AND (path.path REGEXP '.*/\.(ssh/id_|gnupg/|netrc|pgpass|my\.cnf|git-credentials).*'
               OR path.path REGEXP '.*/\.(aws/credentials|kube/config|docker/config\.json)'))
    GROUP BY path.path_key, process.key
)
SELECT host, path, exe, count(*), min(time),
       (SELECT json_group_array(command) FROM (
            SELECT DISTINCT other.command FROM reading AS other
            WHERE other.host = reading.host AND other.path = reading.path AND other.exe IS reading.exe
                  AND other.command IS NOT NULL
            ORDER BY other.command LIMIT 5))
FROM reading
GROUP BY host, path, exe
