// Accounts that logged in on more than one host.
// Parameters: case.
// Returns: auid, user, hosts, sessions, first.
// Index: prov_host, prov_entity_host.
MATCH (host:Host {case: $case})
WHERE host.host IS NOT NULL
MATCH (session:Entity {case: $case, host: host.host})
USING INDEX session:Entity(case, host, first)
WHERE session.first IS NOT NULL AND session:Session
WITH session.auid AS auid, collect(DISTINCT session.user) AS user, collect(DISTINCT session.host) AS hosts,
     count(*) AS sessions, min(session.time) AS first
WHERE size(hosts) > 1
RETURN auid, user, hosts, sessions, first
ORDER BY size(hosts) DESC, auid
