// How many runs end at each entity.
// Parameters: case, keys.
// Returns: key, degree.
// Index: prov_entity.
UNWIND $keys AS key
MATCH (target:Entity {case: $case, key: key})
USING INDEX target:Entity(case, key)
RETURN key, COUNT { ()-[:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|CONNECTED|
                         RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|LOGGED_IN]->(target) } AS degree
