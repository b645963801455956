// Store ends of connections; an existing one gets the later end of both.
// Parameters: case, rows - key (digest), host, process, endpoint, inbound, protocol, remote_ip, remote_port, local_ip,
//     local_port, first, last.
// Returns: nothing.
// Index: prov_connection, prov_entity.
UNWIND $rows AS row
MERGE (:Entity {case: $case, key: row.process})
MERGE (:Entity {case: $case, key: row.endpoint})
MERGE (end:Connection {case: $case, key: row.key})
WITH end, row, CASE WHEN end.last > row.last THEN end.last ELSE row.last END AS last
SET end.host = row.host, end.process = row.process, end.endpoint = row.endpoint, end.inbound = row.inbound,
    end.protocol = row.protocol, end.remote_ip = row.remote_ip, end.remote_port = row.remote_port,
    end.local_ip = row.local_ip, end.local_port = row.local_port, end.first = row.first, end.last = last
