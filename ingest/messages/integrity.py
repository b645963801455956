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
from .kernel import note

_RULE = Columns("INTEGRITY_RULE", "file", "hash", "pid", text=("file",))
_PROGRAM = Columns("SYSCALL", "exe", text=("exe",))
_NOT_HASHED = (files.S_IFDIR, files.S_IFCHR, files.S_IFBLK, files.S_IFIFO, files.S_IFSOCK, files.S_IFLNK)
"""File types that IMA does not hash: it reads only regular files (ima_main.c, process_measurement)."""
_UNKNOWN = PathRecord(None, None, None, None, None, None, None, None)


def measurement(host: Host, event: Event, record: Record, proof: bytes) -> None:
    """INTEGRITY_RULE: the file has this hash from now on. A record without a hash becomes a note."""
    path, given, pid = _RULE.of(record)
    hash = normal(given or "")
    if hash is None or not path:
        note(host, event, record, proof)
        return
    file = _file(host, event, path, number(pid), proof)
    host.batch.names.append(Name(file.id, hash, host.moment, host.moment))
    host.changed_files[file.id] = file


def _file(host: Host, event: Event, path: str, pid: int | None, proof: bytes) -> FileNode:
    """The file of a measurement: one that the system call of this event names, else the one that has the path now."""
    if pid is not None and event.first("SYSCALL") is not None:
        call = Call(host, event, processes.image_of(host, pid, proof), "", (), None, proof)
        candidates = [one for one in call.paths if one.inode is not None and _can_have_hash(one)]
        named = _named(call, candidates, path)
        if named is not None:
            known = files.by_inode(host, named)
            return known if known is not None else files.locate(host, named, path)
    known = files.at_path(host, path)
    return known if known is not None else files.locate(host, _UNKNOWN, path)


def _can_have_hash(path: PathRecord) -> bool:
    return path.nametype not in ("PARENT", "DELETE") and files.file_type(path.mode) not in _NOT_HASHED


def _named(call: Call, candidates: list[PathRecord], path: str) -> PathRecord | None:
    """The PATH record of the file at `path`. IMA resolves links and the PATH record may not: then the file is identified by its
    base name, as the program that runs, or as the only candidate."""
    matches = [one for one in candidates if call.name_of(one) == path]
    if not matches:
        last = posixpath.basename(path)
        matches = [one for one in candidates if posixpath.basename(one.name or "") == last]
    if len(matches) == 1:
        return matches[0]
    if not matches and _PROGRAM.of(call.record)[0] == path and len(candidates) > 1:
        return candidates[1 if (call.event.argv or [])[:1] == [candidates[1].name] else 0]
    return candidates[0] if len(candidates) == 1 else None
