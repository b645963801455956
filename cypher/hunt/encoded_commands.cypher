// Command lines that decode something or carry a long encoded text: in base64, or in hexadecimal digits if there are
// more of them than in a digest.
// Parameters: case.
// Returns: host, time, pid, command.
// Index: prov_process_pid.
MATCH (process:Process {case: $case})
USING INDEX SEEK process:Process(case, pid)
WHERE process.pid IS NOT NULL AND NOT coalesce(process.forked, false)
      AND (process.command =~ '(?s).*(base64 +(-d|--decode)|-[ei]nc |frombase64|xxd -r|openssl enc).*'
           OR process.command =~ '(?s).*(?=[a-z0-9+/]{0,59}[A-Z])(?=[A-Za-z+/]{0,59}[0-9])[A-Za-z0-9+/]{60}.*'
           OR process.command =~ '(?s).*[0-9A-Fa-f]{130}.*')
RETURN process.host AS host, process.time AS time, process.pid AS pid, process.command AS command
ORDER BY host, time
