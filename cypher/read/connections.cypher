// All ends of connections of a case.
// Parameters: case.
// Returns: host, process, endpoint, inbound, protocol, remote_ip, remote_port, local_ip, local_port, first, last.
// Index: prov_connection.
MATCH (end:Connection {case: $case})
WHERE end.key IS NOT NULL
RETURN end.host AS host, end.process AS process, end.endpoint AS endpoint, end.inbound AS inbound,
       end.protocol AS protocol, end.remote_ip AS remote_ip, end.remote_port AS remote_port, end.local_ip AS local_ip,
       end.local_port AS local_port, end.first AS first, end.last AS last
