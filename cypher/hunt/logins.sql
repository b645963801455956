-- The hunt logins.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT session.host, session.time, session.user, session.auid, session.ses, session.address, session.service
FROM sessions AS session
