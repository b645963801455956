-- The hunt namespace_changes.cypher for the embedded store; the views are in provenance/store/sqlite/hunts.py.
SELECT process.host, process.time, process.pid,
       (SELECT account.uid FROM accounts AS account WHERE account.key = process.key AND account.place = 0),
       process.command
FROM processes AS process
WHERE process.pid IS NOT NULL AND NOT coalesce(process.forked, 0)
      AND process.exe REGEXP '.*/(nsenter|unshare|mount|umount|chroot|runc|crun)'
