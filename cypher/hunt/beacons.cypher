// Peers to which one program connects repeatedly at nearly equal intervals.
// Parameters: case, times = 5 (the least).
// Returns: host, exe, ip, port, times, seconds, deviation.
// Index: prov_endpoint_ip.
MATCH (peer:Endpoint {case: $case})
USING INDEX SEEK peer:Endpoint(case, ip)
WHERE peer.ip IS NOT NULL
MATCH (process:Process)-[run:CONNECTED]->(peer)
WITH process.host AS host, process.exe AS exe, peer, run.first / 1048576 AS ms
ORDER BY ms
WITH host, exe, peer, collect(DISTINCT ms) AS at
WHERE size(at) >= $times AND size(at) >= 3
UNWIND range(1, size(at) - 1) AS place
WITH host, exe, peer, size(at) AS times, (at[place] - at[place - 1]) / 1000.0 AS gap
WITH host, exe, peer, times, avg(gap) AS seconds, stDev(gap) AS deviation
WHERE seconds > 1 AND deviation < seconds / 5
RETURN host, exe, peer.ip AS ip, peer.port AS port, times, seconds, deviation
ORDER BY deviation, host, exe
