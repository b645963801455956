// Remove those of the given entities that are older than a moment and that nothing refers to; with a file its names.
// Parameters: case, keys, before.
// Returns: label, removed - how many described entities with it.
// Index: prov_entity.
UNWIND $keys AS key
MATCH (entity:Entity {case: $case, key: key})
USING INDEX SEEK entity:Entity(case, key)
WHERE (entity.kind IS NULL OR entity.first < $before) AND NOT entity:Pinned AND NOT entity:Needed
  AND NOT EXISTS { (:Note)-[:ABOUT]->(entity) }
  AND NOT EXISTS { (entity)-[:SPAWNED|EXECUTED|LOADED|READ|WROTE|RENAMED|LINKED|DELETED|CHANGED_MODE|CHANGED_OWNER|CONNECTED|
                    RECEIVED|ACCEPTED|SENT|PIPED|SIGNALLED|TRACED|INJECTED|REACHED|LOGGED_IN]-() }
WITH entity, CASE WHEN entity.kind IS NOT NULL
                  THEN [label IN labels(entity) WHERE label <> 'Entity'][0] END AS label
DETACH DELETE entity
RETURN label, count(*) AS removed
