-- The hunt encoded_commands.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT process.host, process.time, process.pid, process.command
FROM processes AS process
WHERE process.pid IS NOT NULL AND NOT coalesce(process.forked, 0)
      AND (process.command REGEXP '.*(base64 +(-d|--decode)|-[ei]nc |frombase64|xxd -r|openssl enc).*'
           OR process.command REGEXP '.*(?=[a-z0-9+/]{0,59}[A-Z])(?=[A-Za-z+/]{0,59}[0-9])[A-Za-z0-9+/]{60}.*'
           OR process.command REGEXP '.*[0-9A-Fa-f]{130}.*')
