// How many runs begin at each entity.
// Parameters: case, keys.
// Returns: key, degree.
// Index: prov_entity.
UNWIND $keys AS key
MATCH (source:Entity {case: $case, key: key})
USING INDEX source:Entity(case, key)
RETURN key, COUNT { (source)-[:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|CONNECTED|
                               RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|LOGGED_IN]->() } AS degree
