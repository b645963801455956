// Processes by pid.
// Parameters: none.
// Returns: nothing.
CREATE INDEX prov_process_pid IF NOT EXISTS FOR (n:Process) ON (n.case, n.pid)
