// Store each distinct command line once, so that a search reads it once.
// Parameters: case, rows - key (digest), text.
// Returns: nothing.
// Index: prov_command.
UNWIND $rows AS row
MERGE (command:Command {case: $case, key: row.key})
ON CREATE SET command.text = row.text
