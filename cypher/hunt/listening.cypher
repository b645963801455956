// Ports that a host listens on, since when, and the listening programs.
// Parameters: case.
// Returns: host, first, protocol, ip, port, programs.
// Index: prov_host, prov_note_time, prov_endpoint_port.
MATCH (host:Host {case: $case})
USING INDEX SEEK host:Host(case, host)
WHERE host.host IS NOT NULL
WITH host
MATCH (note:Note {case: $case, host: host.host})
USING INDEX SEEK note:Note(case, host, moment)
WHERE note.moment IS NOT NULL AND note.type = 'LISTEN'
OPTIONAL MATCH (note)-[:ABOUT]->(process:Process)
WITH note.host AS host, split(note.text, ' ') AS words, min(note.time) AS first,
     collect(DISTINCT process.exe) AS programs
MATCH (endpoint:Endpoint {case: $case, port: toInteger(words[-1])})
USING INDEX SEEK endpoint:Endpoint(case, port)
WHERE endpoint.host = host AND endpoint.ip = words[2] AND endpoint.listening
RETURN host, first, endpoint.protocol AS protocol, endpoint.ip AS ip, endpoint.port AS port, programs
ORDER BY host, first
