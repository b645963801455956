-- The hunt container_escapes.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
WITH RECURSIVE outer_of (key, outer_key, depth) AS (
    SELECT DISTINCT note.subject, run.source, 1
    FROM notes AS note CROSS JOIN runs AS run ON run.target = note.subject AND run.kind IN ('SPAWNED', 'EXECUTED')
    WHERE note.type IN ('NAMESPACE', 'MOUNT', 'CHROOT', 'PIVOT_ROOT')
    UNION
    SELECT outer_of.key, run.source, outer_of.depth + 1
    FROM outer_of CROSS JOIN runs AS run ON run.target = outer_of.outer_key AND run.kind IN ('SPAWNED', 'EXECUTED')
    WHERE outer_of.depth < 3
)
SELECT note.host, note.time, process.pid, process.container, process.command, note.text
FROM notes AS note CROSS JOIN processes AS process ON process.key = note.subject
WHERE note.type IN ('NAMESPACE', 'MOUNT', 'CHROOT', 'PIVOT_ROOT') AND process.container IS NOT NULL
      AND process.key IN (
          SELECT outer_of.key FROM outer_of CROSS JOIN processes AS further ON further.key = outer_of.outer_key
          WHERE further.container IS NOT NULL
      )
