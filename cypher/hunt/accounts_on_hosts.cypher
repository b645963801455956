// Accounts that logged in on more than one host: the same name, or the same number.
// Parameters: case, hosts = 2 (the least).
// Returns: account (name or number), auids, hosts, sessions, first.
// Index: prov_host, prov_entity_host.
MATCH (host:Host {case: $case})
USING INDEX SEEK host:Host(case, host)
WHERE host.host IS NOT NULL
WITH host
MATCH (session:Entity {case: $case, host: host.host})
USING INDEX SEEK session:Entity(case, host, first)
WHERE session.first IS NOT NULL AND session:Session
UNWIND [session.user, toString(session.auid)] AS account
WITH account, session
WHERE account IS NOT NULL
WITH account, collect(DISTINCT session.auid) AS auids, collect(DISTINCT session.host) AS hosts,
     count(DISTINCT session) AS sessions, min(session.time) AS first
WHERE size(hosts) >= $hosts
RETURN account, auids, hosts, sessions, first
ORDER BY size(hosts) DESC, account
