"""Logs written as stories: each method is something that a process does, and adds the records the kernel would write.

The formats are those of kernel/audit.c and kernel/auditsc.c (`audit_log_exit`, `audit_log_task_info`, `audit_log_name`).
Events are numbered from 1: the serial is the number, and each takes one tick of 4 ms, so that a test can say when.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from provenance.ingest.deriver import Deriver
from provenance.ingest.pyauparse import Event, Parser
from provenance.ingest.pyauparse.values.syscalls import syscall_number
from tests.ingest import addresses
from tests.ingest.reading import Facts, facts_of

START_MS = 1_700_000_000_000
TICK_MS = 4
X86_64, I386, AARCH64, S390X = "c000003e", "40000003", "c00000b7", "80000016"
O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_CLOEXEC = 0, 1, 2, 0o100, 0o1000, 0o2000000
AT_FDCWD = -100
REGULAR, DIRECTORY, CHARACTER, SOCKET, FIFO = "0100644", "040755", "020666", "0140755", "010644"
UNSET = 4294967295


def text_value(value: str | bytes) -> str:
    """As `audit_log_untrustedstring` writes it."""
    data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
    if all(0x21 <= byte < 0x7F and byte != 0x22 for byte in data):
        return f'"{data.decode()}"'
    return data.hex().upper()


def hexadecimal(argument: int) -> str:
    """An argument register; glibc passes a negative int in its lower half."""
    return f"{argument & 0xFFFFFFFF if -0x80000000 <= argument < 0 else argument:x}"


@dataclass
class Script:
    """A log being written. `process` gives the actors."""

    node: str | None = "web01"
    arch: str = X86_64
    events: list[list[str]] = field(default_factory=list)
    serial: int = 0
    ms: int = START_MS
    inodes: dict[str, int] = field(default_factory=dict)

    def process(self, pid: int, ppid: int = 1, comm: str = "sh", exe: str | None = None, **fields: Any) -> Actor:
        """A process that is there; the log knows nothing of it until it does something."""
        return Actor(self, pid, ppid, comm, exe or f"/usr/bin/{comm}", **fields)

    def event(self, *records: tuple[str, str]) -> int:
        """One event of (type, body) records; its number."""
        self.serial += 1
        self.ms += TICK_MS
        node = f"node={self.node} " if self.node else ""
        stamp = f"audit({self.ms // 1000}.{self.ms % 1000:03d}:{self.serial})"
        self.events.append([f"{node}type={type} msg={stamp}: {body}" for type, body in records])
        return self.serial

    def message(self, type: str, body: str) -> int:
        """An event of one record that is no system call."""
        return self.event((type, body))

    def wait(self, ms: int) -> None:
        """Nothing happens for a while."""
        self.ms += ms

    def inode(self, path: str) -> int:
        """The inode behind a path, the same each time until it is set anew."""
        return self.inodes.setdefault(path, 1000 + len(self.inodes))

    def path(
        self,
        name: str | None,
        nametype: str = "NORMAL",
        inode: int | None = None,
        mode: str = REGULAR,
        rdev: str = "00:00",
        device: str = "fe:00",
    ) -> str:
        """A PATH record's body; the item number is added by the call."""
        name_text = "(null)" if name is None else text_value(name)
        known = inode if inode is not None else self.inode(name or "")
        return (
            f"name={name_text} inode={known} dev={device} mode={mode} ouid=0 ogid=0 rdev={rdev} nametype={nametype} "
            "cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0"
        )

    def text(self) -> bytes:
        """The log."""
        return "".join(line + "\n" for event in self.events for line in event).encode()

    def parsed(self) -> list[Event]:
        """The log's events."""
        return parse(self.text())

    def facts(self, **options: bool) -> Facts:
        """What follows from the log. `options` are those of `Deriver`."""
        return derive(self.parsed(), **options)


def parse(log: bytes) -> list[Event]:
    """A log's events."""
    parser = Parser()
    return parser.feed(log) + parser.close()


def derive(events: list[Event], **options: bool) -> Facts:
    """What follows from events in one go."""
    deriver = Deriver("web01", **options)
    for event in events:
        deriver.push(event)
    return facts_of([deriver.take(), deriver.conclude()])


@dataclass
class Actor:
    """A process of a script. What it does is added to the log; each method gives the number of its event."""

    script: Script
    pid: int
    ppid: int
    comm: str
    exe: str
    cwd: str = "/home"
    uid: int = 0
    euid: int | None = None
    """The effective user; None for the real one."""
    auid: int = UNSET
    ses: int = UNSET
    tty: str = "(none)"
    arch: str | None = None

    def call(
        self,
        name: str | int,
        *arguments: int,
        exit: int | None = 0,
        paths: tuple[str, ...] = (),
        records: tuple[tuple[str, str], ...] = (),
        by: Actor | None = None,
    ) -> int:
        """A system call with its records. `exit` None: the call never returns. `by`: who it is when it returns."""
        actor = by or self
        arch = self.arch or self.script.arch
        number = syscall_number(arch, name) if isinstance(name, str) else name
        assert number is not None, f"{name} is no system call of {arch}"
        a = [hexadecimal(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
        result = "" if exit is None else f"success={'yes' if exit >= 0 else 'no'} exit={exit} "
        body = (
            f"arch={arch} syscall={number} {result}a0={a[0]} a1={a[1]} a2={a[2]} a3={a[3]} items={len(paths)} "
            f"ppid={actor.ppid} pid={actor.pid} auid={actor.auid} uid={actor.uid} gid=0 "
            f"euid={actor.uid if actor.euid is None else actor.euid} suid={actor.uid} "
            f"fsuid={actor.uid} egid=0 sgid=0 fsgid=0 tty={actor.tty} ses={actor.ses} comm={text_value(actor.comm)} "
            f"exe={text_value(actor.exe)} key=(null)"
        )
        found = [("SYSCALL", body), *records]
        if paths:
            found.append(("CWD", f"cwd={text_value(self.cwd)}"))
            found += [("PATH", f"item={item} {path}") for item, path in enumerate(paths)]
        return self.script.event(*found, ("PROCTITLE", f"proctitle={text_value(actor.comm)}"))

    # processes

    def forks(self, pid: int, call: str = "fork", flags: int = 0, seen_as: int | None = None) -> Actor:
        """A child. `seen_as` is the pid that the call gives, where that is of another pid namespace."""
        self.call(call, flags, exit=seen_as or pid)
        return self.child(pid)

    def child(self, pid: int) -> Actor:
        """A child of whose birth no record tells."""
        return replace(self, pid=pid, ppid=self.pid)

    def execs(self, program: str, *argv: str, call: str = "execve", at: int = 0, paths: tuple[str, ...] = ()) -> int:
        """Another program in the same process."""
        words = argv or (program,)
        arguments = " ".join(f"a{place}={text_value(word)}" for place, word in enumerate(words))
        self.comm, self.exe = program.rpartition("/")[2][:15] or self.comm, program
        found = paths or (self.script.path(program, mode="0100755"),)
        return self.call(call, at, records=(("EXECVE", f"argc={len(words)} {arguments}"),), paths=found)

    def exits(self) -> int:
        """The end."""
        return self.call("exit_group", exit=None)

    # files

    def opens(
        self,
        name: str,
        flags: int = O_RDONLY,
        fd: int = 3,
        created: bool = False,
        mode: str = REGULAR,
        rdev: str = "00:00",
        inode: int | None = None,
        at: int = AT_FDCWD,
    ) -> int:
        """openat."""
        nametype = "CREATE" if created else "NORMAL"
        absolute = name if name.startswith("/") else f"{self.cwd}/{name}"
        known = inode if inode is not None else self.script.inode(absolute)
        path = self.script.path(name, nametype, known, mode, rdev)
        parent = (self.script.path(absolute.rpartition("/")[0] or "/", "PARENT", mode=DIRECTORY),) if created else ()
        return self.call("openat", at, 0x7FFC0000, flags, 0o666, exit=fd, paths=(*parent, path))

    def creates(self, name: str, fd: int = 3, flags: int = O_WRONLY | O_CREAT | O_TRUNC) -> int:
        """openat of a name that was not there."""
        return self.opens(name, flags, fd, created=True)

    def closes(self, fd: int) -> int:
        return self.call("close", fd)

    def dups(self, old: int, new: int) -> int:
        return self.call("dup2", old, new, exit=new)

    def reads(self, fd: int, count: int = 10) -> int:
        return self.call("read", fd, 0x7FFC0000, 4096, exit=count)

    def writes(self, fd: int, count: int = 10) -> int:
        return self.call("write", fd, 0x7FFC0000, count, exit=count)

    def unlinks(self, name: str) -> int:
        return self.call("unlink", paths=(self.script.path("/", "PARENT"), self.script.path(name, "DELETE")))

    def renames(self, old: str, new: str) -> int:
        """rename: four PATH records, five when something was there under the new name."""
        inodes = self.script.inodes
        inode, former = self.script.inode(old), inodes.pop(new, None)
        del inodes[old]
        inodes[new] = inode
        path = self.script.path
        replaced = (path(new, "DELETE", former),) if former is not None else ()
        parents = (path("/", "PARENT"), path("/", "PARENT"))
        return self.call("rename", paths=(*parents, path(old, "DELETE", inode), *replaced, path(new, "CREATE", inode)))

    # pipes and sockets

    def pipes(self, read_end: int, write_end: int, flags: int = 0) -> int:
        return self.call("pipe2", 0x7FFC0000, flags, records=(("FD_PAIR", f"fd0={read_end} fd1={write_end}"),))

    def pairs(self, one: int, other: int) -> int:
        return self.call("socketpair", 1, 1, 0, records=(("FD_PAIR", f"fd0={one} fd1={other}"),))

    def sockets(self, fd: int, domain: int = 2, type: int = 1, protocol: int = 0) -> int:
        return self.call("socket", domain, type, protocol, exit=fd)

    def connects(self, fd: int, ip: str, port: int, exit: int = 0) -> int:
        saddr = addresses.internet(ip, port)
        return self.call("connect", fd, 0x7FFC0000, 16, exit=exit, records=(("SOCKADDR", f"saddr={saddr}"),))

    def connects_unix(self, fd: int, path: str, exit: int = 0) -> int:
        names = () if path.startswith("@") else (self.script.path(path, mode=SOCKET),)
        record = ("SOCKADDR", f"saddr={addresses.local(path)}")
        return self.call("connect", fd, 0x7FFC0000, 110, exit=exit, records=(record,), paths=names)

    def listens(self, fd: int, ip: str, port: int) -> int:
        """socket, bind, listen."""
        self.sockets(fd)
        self.call("bind", fd, 0, 16, records=(("SOCKADDR", f"saddr={addresses.internet(ip, port)}"),))
        return self.call("listen", fd, 128)

    def accepts(self, listener: int, fd: int, ip: str, port: int, flags: int = 0) -> int:
        record = ("SOCKADDR", f"saddr={addresses.internet(ip, port)}")
        return self.call("accept4", listener, 0x7FFC0000, 0x7FFC0010, flags, exit=fd, records=(record,))

    def sends_to(self, fd: int, ip: str, port: int, call: str = "sendto") -> int:
        record = ("SOCKADDR", f"saddr={addresses.internet(ip, port)}")
        return self.call(call, fd, 0x7FFC0000, 20, 0, exit=20, records=(record,))

    def receives_from(self, fd: int, ip: str, port: int, call: str = "recvfrom", flags: int = 0) -> int:
        record = ("SOCKADDR", f"saddr={addresses.internet(ip, port)}")
        places = (0x7FFC0000, flags) if call == "recvmsg" else (0x7FFC0000, 512, flags)
        return self.call(call, fd, *places, exit=40, records=(record,))
