// Processes by the digest of their command line, whose text is stored once (Command).
// Parameters: none.
// Returns: nothing.
CREATE INDEX prov_process_command IF NOT EXISTS FOR (n:Process) ON (n.case, n.command_key)
