// Failed logins and passwords by host and message, the most frequent first.
// Parameters: case.
// Returns: host, message, times, first, last.
// Index: prov_host, prov_note_time.
MATCH (host:Host {case: $case})
USING INDEX SEEK host:Host(case, host)
WHERE host.host IS NOT NULL
WITH host
MATCH (note:Note {case: $case, host: host.host})
USING INDEX SEEK note:Note(case, host, moment)
WHERE note.moment IS NOT NULL
      AND note.type IN ['USER_AUTH', 'USER_LOGIN', 'USER_ERR', 'USER_ACCT', 'ANOM_LOGIN_FAILURES']
      AND note.text CONTAINS 'res=fail'
RETURN note.host AS host, note.text AS message, count(*) AS times, min(note.time) AS first, max(note.time) AS last
ORDER BY times DESC, host, first
