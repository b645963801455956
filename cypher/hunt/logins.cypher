// Login sessions, and where they came from.
// Parameters: case.
// Returns: host, time, user, auid, ses, address, service.
// Index: prov_host, prov_entity_host.
MATCH (host:Host {case: $case})
USING INDEX SEEK host:Host(case, host)
WHERE host.host IS NOT NULL
WITH host
MATCH (session:Entity {case: $case, host: host.host})
USING INDEX SEEK session:Entity(case, host, first)
WHERE session.first IS NOT NULL AND session:Session
RETURN session.host AS host, session.time AS time, session.user AS user, session.auid AS auid, session.ses AS ses,
       session.address AS address, session.service AS service
ORDER BY host, time
