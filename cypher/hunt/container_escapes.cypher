// Namespaces entered or created, mounts and changed roots by processes in a container: ways out of it.
// Parameters: case.
// Returns: host, time, pid, container, command, action.
// Index: prov_host, prov_note_time.
MATCH (host:Host {case: $case})
USING INDEX SEEK host:Host(case, host)
WHERE host.host IS NOT NULL
WITH host
MATCH (note:Note {case: $case, host: host.host})
USING INDEX SEEK note:Note(case, host, moment)
WHERE note.moment IS NOT NULL AND note.type IN ['NAMESPACE', 'MOUNT', 'CHROOT', 'PIVOT_ROOT']
MATCH (note)-[:ABOUT]->(process:Process)
WHERE process.container IS NOT NULL AND EXISTS {
    MATCH (outer:Process)-[:SPAWNED|EXECUTED]->{1,3}(process)
    WHERE outer.container IS NOT NULL
}
RETURN note.host AS host, note.time AS time, process.pid AS pid, process.container AS container,
       process.command AS command, note.text AS action
ORDER BY host, time
