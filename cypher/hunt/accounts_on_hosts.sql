-- The hunt accounts_on_hosts.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT account.name, json_group_array(DISTINCT account.auid), json_group_array(DISTINCT account.host),
       count(DISTINCT account.key), min(account.time)
FROM (
    SELECT session.user AS name, session.key, session.auid, session.host, session.time FROM sessions AS session
    UNION ALL
    SELECT CAST(session.auid AS TEXT), session.key, session.auid, session.host, session.time FROM sessions AS session
) AS account
WHERE account.name IS NOT NULL
GROUP BY account.name
HAVING count(DISTINCT account.host) >= :hosts
