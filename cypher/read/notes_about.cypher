// Notes about entities, of a host or of all hosts, in an interval.
// Parameters: case, keys, host (null for all), first, last - moments.
// Returns: moment, ms, serial, type, subject, text; ordered by the caller.
// Index: prov_entity.
UNWIND $keys AS key
MATCH (subject:Entity {case: $case, key: key})
USING INDEX SEEK subject:Entity(case, key)
MATCH (note:Note)-[:ABOUT]->(subject)
WHERE $first <= note.moment <= $last AND ($host IS NULL OR note.host = $host)
RETURN note.moment AS moment, note.ms AS ms, note.serial AS serial, note.type AS type, subject.key AS subject,
       note.text AS text
