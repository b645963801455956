// Command lines that decode something or carry a long encoded text.
// Parameters: case.
// Returns: host, time, pid, command.
// Index: prov_process_pid.
MATCH (process:Process {case: $case})
USING INDEX process:Process(case, pid)
WHERE process.pid IS NOT NULL AND NOT coalesce(process.forked, false)
      AND (process.command =~ '(?s).*(base64 +(-d|--decode)|-[ei]nc |frombase64|xxd -r|openssl enc).*'
           OR process.command =~ '(?s).*[A-Za-z0-9+/]{60,}={0,2}.*')
RETURN process.host AS host, process.time AS time, process.pid AS pid, process.command AS command
ORDER BY host, time
