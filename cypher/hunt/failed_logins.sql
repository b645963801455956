-- The hunt failed_logins.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT note.host, note.text, count(*), min(note.time), max(note.time)
FROM notes AS note
WHERE note.type IN ('USER_AUTH', 'USER_LOGIN', 'USER_ERR', 'USER_ACCT', 'ANOM_LOGIN_FAILURES')
      AND instr(note.text, 'res=fail') > 0
GROUP BY note.host, note.text
