// Remove command lines that no process has.
// Parameters: case, most - how many at once.
// Returns: removed - how many.
// Index: prov_command, prov_process_command.
MATCH (command:Command {case: $case})
WHERE command.key IS NOT NULL
  AND NOT EXISTS { MATCH (process:Process {case: $case, command_key: command.key}) }
WITH command LIMIT $most
DELETE command
RETURN count(*) AS removed
