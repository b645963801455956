"""Hashes that the kernel's integrity measurement (IMA) took of files, and what else it reports.

An `audit` rule of its policy writes one INTEGRITY_RULE record (1805) for each state of a file that it sees run, mapped or
opened: `file=`, `hash="ALGORITHM:HEX"`, then who did it (security/integrity/ima/ima_api.c, ima_audit_measurement). Kernels
before 3.13 wrote the digits alone; those before 4.20 wrote the rules of a loaded policy under the same type, which now are
INTEGRITY_POLICY_RULE (1807). The other types of include/uapi/linux/audit.h, 1800 to 1808, hold no hash: INTEGRITY_DATA says that
a file was refused (security/integrity/integrity_audit.c).
"""

from __future__ import annotations

import posixpath

from ..facts import Name
from ..hashes import normal
from ..numbers import number
from ..pyauparse import Columns, Event, Record
from ..rules import files, processes
from ..rules.files import PathRecord
from ..state.host import Host
from ..state.objects import FileNode
from ..syscalls.call import Call
from .kernel import observed

_RULE = Columns("INTEGRITY_RULE", "file", "hash", "pid", text=("file",))
_PROGRAM = Columns("SYSCALL", "exe", text=("exe",))
_NEVER = (files.S_IFDIR, files.S_IFCHR, files.S_IFBLK, files.S_IFIFO, files.S_IFSOCK, files.S_IFLNK)
"""What IMA takes no hash of: it reads regular files only (ima_main.c, process_measurement)."""
_UNSEEN = PathRecord(None, None, None, None, None, None, None, None)


def measured(host: Host, event: Event, record: Record, proof: bytes) -> None:
    """INTEGRITY_RULE: the file has this hash from now on. One without a hash is a note, like its kin."""
    path, said, pid = _RULE.of(record)
    hash = normal(said or "")
    if hash is None or not path:
        observed(host, event, record, proof)
        return
    file = _file(host, event, path, number(pid), proof)
    host.batch.names.append(Name(file.id, hash, host.moment, host.moment))
    host.changed_files[file.id] = file


def _file(host: Host, event: Event, path: str, pid: int | None, proof: bytes) -> FileNode:
    """The file that is meant: one that the call of this event names, else the one that is at the path now."""
    if pid is not None and event.first("SYSCALL") is not None:
        call = Call(host, event, processes.known(host, pid, proof), "", (), None, proof)
        among = [one for one in call.paths if one.inode is not None and _can_have_hash(one)]
        meant = _named(call, among, path)
        if meant is not None:
            known = files.by_inode(host, meant)
            return known if known is not None else files.locate(host, meant, path)
    known = files.at_path(host, path)
    return known if known is not None else files.locate(host, _UNSEEN, path)


def _can_have_hash(path: PathRecord) -> bool:
    return path.nametype not in ("PARENT", "DELETE") and files.file_type(path.mode) not in _NEVER


def _named(call: Call, among: list[PathRecord], path: str) -> PathRecord | None:
    """The PATH record of the file at `path`. IMA's path goes through no link, that of a call may: then the file is told by
    its own name, by being the program that runs, or by being the only one."""
    same = [one for one in among if call.name_of(one) == path]
    if not same:
        last = posixpath.basename(path)
        same = [one for one in among if posixpath.basename(one.name or "") == last]
    if len(same) == 1:
        return same[0]
    if not same and _PROGRAM.of(call.record)[0] == path and len(among) > 1:
        return among[1 if (call.event.argv or [])[:1] == [among[1].name] else 0]
    return among[0] if len(among) == 1 else None
