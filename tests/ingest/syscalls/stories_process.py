"""Calls by which processes change themselves and others: for each call a log and its expected facts."""

from __future__ import annotations

from collections.abc import Callable

from tests.ingest.script import CHARACTER, DIRECTORY, I386, O_WRONLY, Actor, Script

Story = Callable[[Script], set[str]]
"""Writes a log; the edges and notes that must follow from it, no less and no more."""
CLONE_THREAD, SIGCHLD = 0x10000, 17
WRITES = {"sh:100 -WROTE-> /out"}


def _born(call: str, flags: int = 0) -> Story:
    def story(s: Script) -> set[str]:
        child = s.process(100).forks(101, call, flags)
        child.opens("/out", O_WRONLY)
        return {"sh:100 -SPAWNED-> sh:101", "sh:101 -WROTE-> /out"}

    return story


def vfork(s: Script) -> set[str]:
    """The parent sleeps until the child has executed: its record comes last."""
    sh = s.process(100)
    child = sh.child(101)
    child.execs("/bin/ls")
    child.exits()
    sh.call("vfork", exit=101)
    return {"sh:100 -SPAWNED-> ls:101", "/bin/ls -LOADED-> ls:101"}


def execve(s: Script) -> set[str]:
    """A process that did something of its own before is two images."""
    sh = s.process(100)
    sh.forks(150)
    sh.opens("/run.sh")
    interpreter = (s.path("/run.sh"), s.path("/bin/dash"), s.path("/lib/ld.so"))
    sh.execs("/run.sh", "/bin/sh", "/run.sh", paths=interpreter)
    loaded = {f"{file} -LOADED-> run.sh:100" for file in ("/run.sh", "/bin/dash", "/lib/ld.so")}
    return loaded | {"sh:100 -EXECUTED-> run.sh:100", "/run.sh -READ-> sh:100"}


def execveat(s: Script) -> set[str]:
    """memfd_create, write, execveat(fd, ""): the program has no name and is what was written."""
    sh = s.process(100)
    sh.forks(150)
    sh.call("memfd_create", 0x7FFC0000, 0, exit=3)
    sh.writes(3)
    sh.execs("/memfd:", "x", call="execveat", at=3, paths=(s.path("", inode=77, device="00:01"),))
    return {
        "memfd: -READ-> sh:100",
        "sh:100 -WROTE-> memfd:",
        "sh:100 -EXECUTED-> memfd::100",
        "memfd: -LOADED-> memfd::100",
    }


def exit_group(s: Script) -> set[str]:
    """What was open is closed; the same pid again is another process."""
    sh = s.process(100)
    sh.opens("/a")
    sh.exits()
    s.wait(5000)
    s.process(100, 1, "cron").opens("/b")
    return {"/a -READ-> sh:100", "/b -READ-> cron:100"}


def exit_(s: Script) -> set[str]:
    """Of a process without threads, exit is the end; of a thread it is not."""
    sh, java = s.process(100), s.process(200, comm="java")
    sh.call("exit", exit=None)
    java.call("clone", CLONE_THREAD, exit=201)
    java.opens("/a")
    java.call("exit", exit=None)
    java.reads(3)
    return {"/a -READ-> java:200"}


def _signal(call: str, *arguments: int) -> Story:
    def story(s: Script) -> set[str]:
        s.process(200, comm="victim").opens("/a")
        s.process(100).call(call, *arguments)
        return {"/a -READ-> victim:200", "sh:100 -SIGNALLED-> victim:200"}

    return story


def pidfd_send_signal(s: Script) -> set[str]:
    """Whom it reaches only OBJ_PID says."""
    s.process(200, comm="victim").opens("/a")
    about = ("OBJ_PID", 'opid=200 oauid=-1 ouid=0 oses=-1 ocomm="victim"')
    s.process(100).call("pidfd_send_signal", 3, 9, records=(about,))
    return {"/a -READ-> victim:200", "sh:100 -SIGNALLED-> victim:200"}


def ptrace(s: Script) -> set[str]:
    s.process(200, comm="victim").opens("/a")
    s.process(100).call("ptrace", 16, 200)
    s.process(300).call("ptrace", 0)
    return {"/a -READ-> victim:200", "sh:100 -TRACED-> victim:200", "victim:200 -TRACED-> sh:100"}


def process_vm_readv(s: Script) -> set[str]:
    s.process(200, comm="victim").opens("/a")
    s.process(100).call("process_vm_readv", 200, exit=8)
    return {"/a -READ-> victim:200", "victim:200 -TRACED-> sh:100"}


def process_vm_writev(s: Script) -> set[str]:
    s.process(200, comm="victim").opens("/a")
    s.process(100).call("process_vm_writev", 200, exit=8)
    return {"/a -READ-> victim:200", "sh:100 -INJECTED-> victim:200"}


def unshare(s: Script) -> set[str]:
    """A new mount namespace is worth a line; an own descriptor table is not."""
    sh = s.process(100)
    sh.call("unshare", 0x400)
    sh.call("unshare", 0x20000)
    return {"# NAMESPACE sh:100: unshare 0x20000"}


def setns(s: Script) -> set[str]:
    s.process(100).call("setns", 3, 0x20000)
    return {"# NAMESPACE sh:100: setns 0x20000"}


def _becomes(call: str, arch: str | None = None) -> Story:
    """The image keeps its node; who it is afterwards is looked at in test_identity."""

    def story(s: Script) -> set[str]:
        sh = s.process(100, arch=arch)
        sh.opens("/out", O_WRONLY)
        sh.uid = 33
        sh.call(call, 33)
        return set(WRITES)

    return story


def writes_relative(sh: Actor) -> None:
    """Without a CWD record only what went before says where a name begins."""
    path = sh.script.path("x", inode=9)
    numbers = f"a0=0 a1=1 a2=0 a3=0 items=1 ppid=1 pid={sh.pid}"
    sh.script.event(
        ("SYSCALL", f"arch=c000003e syscall=2 success=yes exit=3 {numbers} key=(null)"),
        ("PATH", f"item=0 {path}"),
    )


def chdir(s: Script) -> set[str]:
    sh = s.process(100)
    sh.call("chdir", paths=(s.path("../srv/", mode=DIRECTORY),))
    writes_relative(sh)
    return {"sh:100 -WROTE-> /srv/x"}


def fchdir(s: Script) -> set[str]:
    sh = s.process(100)
    sh.opens("/srv", fd=3, mode=DIRECTORY)
    sh.call("fchdir", 3)
    writes_relative(sh)
    return {"/srv -READ-> sh:100", "sh:100 -WROTE-> /srv/x"}


def chroot(s: Script) -> set[str]:
    sh = s.process(100)
    sh.call("chroot", paths=(s.path("/jail/", mode=DIRECTORY),))
    sh.call("chdir", paths=(s.path("/", mode=DIRECTORY),))
    sh.cwd = "/"
    sh.opens("/etc/passwd", inode=5)
    sh.opens("tmp/y", fd=4, inode=6)
    sh.opens("/dev/null", fd=5, mode=CHARACTER, rdev="01:03")
    names = {"/jail/etc/passwd -READ-> sh:100", "/jail/tmp/y -READ-> sh:100"}
    return names | {"# CHROOT sh:100: changes its root to /jail"}


def pivot_root(s: Script) -> set[str]:
    sh = s.process(100)
    sh.call("pivot_root", paths=(s.path("/new", mode=DIRECTORY), s.path("/new/old", mode=DIRECTORY)))
    sh.opens("/etc/passwd")
    return {"/etc/passwd -READ-> sh:100", "# PIVOT_ROOT sh:100: changes the root of its mount namespace"}


_SET = "setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups"
_SET_32 = "setuid32 setgid32 setreuid32 setregid32 setresuid32 setresgid32"

STORIES: dict[str, Story] = {
    "fork": _born("fork"),
    "vfork": vfork,
    "clone": _born("clone", SIGCHLD),
    "clone3": _born("clone3"),
    "execve": execve,
    "execveat": execveat,
    "exit": exit_,
    "exit_group": exit_group,
    "kill": _signal("kill", 200, 9),
    "tkill": _signal("tkill", 200, 9),
    "tgkill": _signal("tgkill", 200, 201, 9),
    "rt_sigqueueinfo": _signal("rt_sigqueueinfo", 200, 9),
    "rt_tgsigqueueinfo": _signal("rt_tgsigqueueinfo", 200, 201, 9),
    "pidfd_send_signal": pidfd_send_signal,
    "ptrace": ptrace,
    "process_vm_readv": process_vm_readv,
    "process_vm_writev": process_vm_writev,
    "unshare": unshare,
    "setns": setns,
    **{call: _becomes(call) for call in _SET.split()},
    **{call: _becomes(call, I386) for call in _SET_32.split()},
    "chdir": chdir,
    "fchdir": fchdir,
    "chroot": chroot,
    "pivot_root": pivot_root,
}
