// Remove all REACHED runs of a case.
// Parameters: case.
// Returns: gone - how many there were.
// Index: prov_reached.
MATCH ()-[run:REACHED]->()
WHERE run.case = $case
DELETE run
RETURN count(*) AS gone
