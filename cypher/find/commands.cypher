// All distinct command lines of a case.
// Parameters: case.
// Returns: key (digest), text.
// Index: prov_command.
MATCH (command:Command {case: $case})
WHERE command.key IS NOT NULL
RETURN command.key AS key, command.text AS text
