// All REACHED runs of a case.
// Parameters: case, kinds - a map from each relationship type to its number.
// Returns: kind, source, target, first, last, times, evidence, open, detail; ordered by the caller.
// Index: prov_reached.
MATCH (source)-[run:REACHED]->(target)
WHERE run.case = $case
RETURN $kinds[type(run)] AS kind, source.key AS source, target.key AS target, run.first AS first, run.last AS last,
       run.times AS times, run.evidence AS evidence, run.open AS open, run.detail AS detail
