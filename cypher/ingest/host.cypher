// Write the counters and the interval of a host after a batch.
// Parameters: case, host, tallies - JSON of all its counters; first, last - moments to include in its interval, or null;
//     newest - the greatest moment at which a run of it begins, or null.
// Returns: nothing.
// Index: prov_host.
MATCH (host:Host {case: $case, host: $host})
SET host.tallies = $tallies, host.newest = $newest,
    host.first = CASE WHEN $first < host.first OR host.first IS NULL THEN $first ELSE host.first END,
    host.last = CASE WHEN $last > host.last OR host.last IS NULL THEN $last ELSE host.last END
