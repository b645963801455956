"""A small case with everything that the hunts search for and the bundled incident lacks."""

from __future__ import annotations

from itertools import count
from typing import Any

from provenance.ingest.accounts import Account, pack_account
from provenance.ingest.clock import at_ms
from provenance.ingest.facts import Batch, Blind, Entity, Flow, FlowKind, Name, Note
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Writer

START_MS = 1_700_000_000_000
CHANGED = {
    "changed_cron": "/etc/cron.d/x",
    "changed_services": "/etc/systemd/system/x.service",
    "changed_loader": "/etc/ld.so.preload",
    "changed_accounts": "/etc/passwd",
    "changed_login": "/etc/pam.d/sshd",
    "changed_logs": "/var/log/wtmp",
    "changed_audit_rules": "/etc/audit/audit.rules",
    "changed_web_content": "/var/www/html/x.php",
    "authorized_keys": "/home/u/.ssh/authorized_keys",
}
"""Hunt -> the file that was written."""


class Case:
    """Collects the facts of one host; ids are taken one after the other."""

    def __init__(self, host: str, begin: int) -> None:
        self.batch = Batch(host)
        self._ids = count(begin)
        self._ms = count(START_MS, 1000)

    def node(self, kind: EntityKind, **attributes: Any) -> int:
        id = next(self._ids)
        self.batch.entities.append(Entity(id, kind, self.batch.host, at_ms(next(self._ms)), attributes))
        return id

    def process(self, exe: str, **attributes: Any) -> int:
        return self.node(EntityKind.PROCESS, pid=1000, exe=exe, **{"command": f"{exe} x", **attributes})

    def file(self, path: str, **attributes: Any) -> int:
        id = self.node(EntityKind.FILE, path=path, **attributes)
        self.batch.names.append(Name(id, path, at_ms(START_MS), at_ms(START_MS)))
        return id

    def note(self, type: str, subject: int | None, text: str) -> None:
        ms = next(self._ms)
        self.batch.notes.append(Note(at_ms(ms), ms, len(self.batch.notes), type, subject, text))

    def flow(self, kind: FlowKind, source: int, target: int, ms: int = 0) -> None:
        moment = at_ms(ms or next(self._ms))
        self.batch.flows.append(Flow(kind, source, target, moment, moment, 1, b""))


def write(writer: Writer) -> None:
    """The case, on the hosts `a` and `b`."""
    first, second = Case("a", 1), Case("b", 1000)
    for case, auid in ((first, 1000), (second, 2000)):
        case.node(EntityKind.SESSION, auid=auid, ses=3, user="u", address="192.0.2.9", service="sshd")
    _files(first)
    _processes(first)
    _accounts(first)
    _former_accounts(first)
    _peers(first)
    _notes(first)
    first.batch.blinds.append(Blind("a", at_ms(START_MS), at_ms(START_MS + 9), "records were lost"))
    ends = [case.node(EntityKind.ENDPOINT, protocol="tcp", ip="192.0.2.1", port=22) for case in (first, second)]
    writer.apply(first.batch)
    writer.apply(second.batch)
    writer.join([Flow(FlowKind.REACHED, ends[0], ends[1], at_ms(START_MS), at_ms(START_MS), 1, b"")])


def _files(case: Case) -> None:
    attacker = case.process("/usr/bin/vi")
    for path in CHANGED.values():
        case.flow(FlowKind.WROTE, attacker, case.file(path))
    deleted = case.file("/opt/gone")
    for file in (deleted, case.file("/tmp/x.ko"), case.file("/tmp/a\nb/y.ko")):
        case.flow(FlowKind.LOADED, file, attacker)
    case.flow(FlowKind.DELETED, attacker, deleted)
    case.flow(FlowKind.WROTE, attacker, case.file("/home/u/.ssh/known_hosts"))
    for path in ("/etc/shadow", "/home/u/.ssh/id_rsa.pub"):
        case.flow(FlowKind.READ, case.file(path), attacker)
    case.flow(FlowKind.CHANGED_MODE, attacker, case.file("/home/u/suid", mode="0104755"))


def _processes(case: Case) -> None:
    sudo = case.process("/usr/bin/sudo", uid=1000)
    root = case.process("/usr/bin/id", uid=0, euid=0, auid=1000)
    case.flow(FlowKind.EXECUTED, sudo, root)
    case.flow(FlowKind.TRACED, sudo, root)
    case.process("/memfd:x (deleted)")
    case.process("/usr/bin/nsenter", container="its parent's pid is of another namespace")
    case.process("/usr/sbin/hwclock")
    for command in ("/usr/bin/date -Iseconds", "/usr/bin/date -d 20300101 +%s"):
        case.process("/usr/bin/date", command=command)
    for command in (f"shim -id {'0a' * 32}", f"ls /{'home/' * 14}", f"sh -c {'aGVsbG8gd29ybGQh' * 4}"):
        case.process("/usr/bin/busybox", command=f"/usr/bin/{command}")
    case.flow(FlowKind.EXECUTED, case.process("/tmp/a\nb/sudo"), root)


def _accounts(case: Case) -> None:
    """A program that is root for a second and then has its former account again; a copy that it starts in that second, one that
    it started before, which becomes root later by itself, and one after it."""
    moments = [at_ms(START_MS + 1000 * second) for second in (100, 101, 102, 103)]
    shown = [
        pack_account(Account(moment, 1000, euid, 1000, "kim"))
        for moment, euid in zip(moments, (1000, 0, 1000, 0), strict=True)
    ]
    became = case.process("/opt/became", accounts=shown[:3], uid=1000, euid=1000, auid=1000)
    while_root = case.process("/opt/while_root", uid=1000, euid=0, auid=1000)
    later = case.process("/opt/later", accounts=[shown[0], shown[3]], uid=1000, euid=0, auid=1000)
    after = case.process("/opt/after", uid=1000, euid=1000, auid=1000)
    for second, copy in ((100, later), (101, while_root), (102, after)):
        case.flow(FlowKind.SPAWNED, became, copy, START_MS + 1000 * second + 500)


def _former_accounts(case: Case) -> None:
    """Programs that act as root and are another user's ten minutes later; one that traces a copy of itself before and after."""
    later_ms = START_MS + 600_000
    shown = [
        pack_account(Account(moment, uid, uid, None, None))
        for moment, uid in ((at_ms(START_MS), 0), (at_ms(later_ms), 4000))
    ]
    sudo, run, clock, tracer, hwclock, _ = (
        case.process(exe, command=f"{exe} former", accounts=shown, uid=4000, euid=4000)
        for exe in (
            "/usr/bin/sudo",
            "/opt/former",
            "/opt/clock",
            "/opt/tracer",
            "/usr/sbin/hwclock",
            "/usr/bin/unshare",
        )
    )
    case.flow(FlowKind.SPAWNED, sudo, run)
    for ms in (START_MS + 500_000, later_ms + 1):
        case.batch.notes.append(Note(at_ms(ms), ms, len(case.batch.notes), "CLOCK", clock, f"at {ms - START_MS}"))
    root = case.process("/opt/root", uid=0, euid=0)
    case.flow(FlowKind.TRACED, tracer, root, START_MS + 500_000)
    case.flow(FlowKind.INJECTED, tracer, root, later_ms + 1)
    case.flow(FlowKind.TRACED, hwclock, root, later_ms + 2)


def _peers(case: Case) -> None:
    beacon, shell = case.process("/usr/local/bin/agent"), case.process("/tmp/a\nb/sh")
    peer = case.node(EntityKind.ENDPOINT, protocol="tcp", ip="192.0.2.7", port=443)
    case.flow(FlowKind.CONNECTED, case.process("/usr/bin/curl"), peer)
    case.flow(FlowKind.CONNECTED, shell, peer)
    case.flow(FlowKind.RECEIVED, peer, shell)
    case.flow(FlowKind.WROTE, shell, case.file("/var/log/a\nb"))
    for number in range(6):
        case.flow(FlowKind.CONNECTED, beacon, peer, START_MS + 60_000 * number)
    for number in range(25):
        case.flow(FlowKind.READ, case.file(f"/home/u/{number}"), beacon, START_MS)
    for number in range(3):
        case.flow(
            FlowKind.CONNECTED, beacon, case.node(EntityKind.ENDPOINT, protocol="tcp", ip=f"10.0.0.{number}", port=22)
        )


def _notes(case: Case) -> None:
    attacker = case.process("/usr/bin/insmod")
    case.note("KERN_MODULE", attacker, "loads module x")
    case.note("CLOCK", attacker, "shifts the clock by -86400 s")
    case.note("MPROTECT", attacker, "maps memory writable and executable")
    case.note("ANOM_PROMISCUOUS", attacker, "dev=eth0 prom=256")
    for _ in range(3):
        case.note("USER_AUTH", None, "op=PAM:authentication acct=root addr=192.0.2.9 res=failed")
    case.note("USER_AUTH", None, "op=PAM:authentication acct=root addr=192.0.2.9 res=success")
