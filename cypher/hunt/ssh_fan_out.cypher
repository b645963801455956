// Processes of one host that connected to one port (that of SSH) of several addresses.
// Parameters: case, port = 22, addresses = 2 (the least).
// Returns: host, exe, addresses, first.
// Index: prov_endpoint_port.
MATCH (peer:Endpoint {case: $case, port: $port})
USING INDEX SEEK peer:Endpoint(case, port)
MATCH (process:Process)-[run:CONNECTED]->(peer)
WITH process.host AS host, process.exe AS exe, collect(DISTINCT peer.ip) AS addresses,
     min(datetime({epochMillis: run.first / 1048576})) AS first
WHERE size(addresses) >= $addresses
RETURN host, exe, addresses, first
ORDER BY size(addresses) DESC, host
