// Notes of a host, or of all hosts, in an interval.
// Parameters: case, host (null for all), first, last - moments.
// Returns: moment, ms, serial, type, subject, text; ordered by the caller.
// Index: prov_host, prov_note_time.
MATCH (host:Host {case: $case})
USING INDEX SEEK host:Host(case, host)
WHERE host.host IS NOT NULL AND ($host IS NULL OR host.host = $host)
WITH host
MATCH (note:Note {case: $case, host: host.host})
USING INDEX SEEK note:Note(case, host, moment)
WHERE $first <= note.moment <= $last
OPTIONAL MATCH (note)-[:ABOUT]->(subject:Entity)
RETURN note.moment AS moment, note.ms AS ms, note.serial AS serial, note.type AS type, subject.key AS subject,
       note.text AS text
