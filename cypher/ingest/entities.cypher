// Describe entities: their attributes replace earlier ones key by key, their first moment is the earliest of all.
// Parameters: case, rows - key, label, first, fixed (id, kind, host: the first values are not changed later), attributes.
// Returns: added - how many of each label had not been described; exact - [key, JSON] of entities with attributes
//     that no property can hold.
// Index: prov_entity.
UNWIND $rows AS row
MERGE (entity:Entity {case: $case, key: row.key})
WITH entity, row, entity.kind IS NULL AS new, entity.exact AS exact,
     CASE WHEN entity.first IS NULL OR row.first < entity.first THEN row.first ELSE entity.first END AS first
SET entity += row.attributes
SET entity += CASE WHEN new THEN row.fixed ELSE {} END
SET entity.first = first, entity.time = datetime({epochMillis: first / 1048576})
SET entity:$(row.label)
WITH row.label AS label, sum(CASE WHEN new THEN 1 ELSE 0 END) AS added,
     collect(CASE WHEN exact IS NOT NULL THEN [entity.key, exact] END) AS exact
RETURN label, added, exact
