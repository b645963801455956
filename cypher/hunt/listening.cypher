// Ports that a host listens on, and since when.
// Parameters: case.
// Returns: host, first, protocol, ip, port, programs.
// Index: prov_endpoint_port.
MATCH (here:Endpoint {case: $case})
USING INDEX here:Endpoint(case, port)
WHERE here.port IS NOT NULL AND here.listening
OPTIONAL MATCH (here)--(process:Process)
RETURN here.host AS host, here.time AS first, here.protocol AS protocol, here.ip AS ip, here.port AS port,
       collect(DISTINCT process.exe) AS programs
ORDER BY host, first
