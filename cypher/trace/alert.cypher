// Where a trace of an alert "this program talks to that peer" begins: any image of the process that holds the channel.
// Parameters: case; command - a regular expression for the whole command line (a dot is a line break, too); ip; port -
//     null for any; time - as text, null for any: flows within two seconds of it.
// Returns: id, bound (the flow's own begin, a moment), time, host, pid, command, kind; the best first.
// Index: prov_endpoint_ip, prov_process_pid.
MATCH (peer:Endpoint {case: $case, ip: $ip})
USING INDEX SEEK peer:Endpoint(case, ip)
WHERE $port IS NULL OR peer.port = $port
MATCH (peer)-[run:CONNECTED|SENT|RECEIVED|ACCEPTED]-(image:Process)
WITH image, run, datetime($time).epochMillis AS alert_ms
WHERE alert_ms IS NULL OR run.first / 1048576 - 2000 <= alert_ms <= run.last / 1048576 + 2000
CALL (image) {
    MATCH (named:Process {case: $case, pid: image.pid})
    USING INDEX SEEK named:Process(case, pid)
    WHERE named.host = image.host AND coalesce(named.incarnation, named.key) = coalesce(image.incarnation, image.key)
          AND named.command =~ '(?s)' + $command
    RETURN count(*) AS named
}
WITH image, run, alert_ms, named
WHERE named > 0
RETURN image.id AS id, run.first AS bound, datetime({epochMillis: run.first / 1048576}) AS time, image.host AS host,
       image.pid AS pid, image.command AS command, type(run) AS kind
ORDER BY coalesce(image.forked, false), coalesce(abs(run.first / 1048576 - alert_ms) / 100, 0),
         NOT image.command =~ '(?s)' + $command, run.first, kind
