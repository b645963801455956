-- The hunt listening.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
WITH said AS (
    SELECT note.host, note.text, min(note.time) AS first, json_group_array(DISTINCT process.exe) AS programs
    FROM notes AS note LEFT JOIN processes AS process ON process.key = note.subject
    WHERE note.type = 'LISTEN'
    GROUP BY note.host, note.text
)
SELECT said.host, said.first, here.protocol, here.ip, here.port, said.programs
FROM said CROSS JOIN endpoints AS here
     ON here.host = said.host AND here.listening AND here.ip = word(CAST(said.text AS BLOB), 2)
        AND CAST(here.port AS TEXT) = word(CAST(said.text AS BLOB), -1)
