// Remove all REACHED runs of a case.
// Parameters: case.
// Returns: removed - how many.
// Index: prov_reached.
MATCH ()-[run:REACHED]->()
WHERE run.case = $case
DELETE run
RETURN count(*) AS removed
