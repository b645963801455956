-- The hunt listening.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
WITH listener AS (
    SELECT note.host, note.text, min(note.time) AS first, json_group_array(DISTINCT process.exe) AS programs
    FROM notes AS note LEFT JOIN processes AS process ON process.key = note.subject
    WHERE note.type = 'LISTEN'
    GROUP BY note.host, note.text
)
SELECT listener.host, listener.first, endpoint.protocol, endpoint.ip, endpoint.port, listener.programs
FROM listener CROSS JOIN endpoints AS endpoint
     ON endpoint.host = listener.host AND endpoint.listening AND endpoint.ip = word(CAST(listener.text AS BLOB), 2)
        AND CAST(endpoint.port AS TEXT) = word(CAST(listener.text AS BLOB), -1)
