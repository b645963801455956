// The shortest path by which one entity may have influenced another up to a moment, for a picture: a quantified path
// pattern; the order in time is checked for each path that is found, the shorter ones first.
// Parameters: case; source, target - ids as commands print them; bound - a moment up to which the target may have been
//     influenced.
// Returns: path, steps; no row if there is none of up to 8 steps.
// Index: prov_entity_id.
// No path leads from one program to another through a peer that both exchanged datagrams with.
// In order: every flow begins before each later one of the path ends. Clocks of several hosts are taken as they are.
// Use a source that `trace/whole_backward` returned: if there is no path, it reads all paths of that length, and each step
// more may mean ten times as many.
MATCH (source:Entity {id: $source})
USING INDEX SEEK source:Entity(id)
WHERE source.case = $case
OPTIONAL MATCH (target:Entity {id: $target})
USING INDEX SEEK target:Entity(id)
WHERE target.case = $case
MATCH path = SHORTEST 1 (
    (source)-[runs:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|CONNECTED|
                   RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|LOGGED_IN]->{1,8}(target)
    WHERE all(run IN runs WHERE run.first <= $bound)
          AND all(place IN range(1, size(runs) - 1)
                  WHERE all(before IN runs[..place] WHERE before.first <= runs[place].last)
                        AND NOT (type(runs[place - 1]) IN ['CONNECTED', 'SENT']
                                 AND type(runs[place]) IN ['ACCEPTED', 'RECEIVED']
                                 AND startNode(runs[place]).protocol IN ['udp', 'icmp', 'raw'])))
RETURN path, length(path) AS steps
