"""Prerequisites: files by which somebody could have made an act on the way to the alert possible, where no record shows who read
them.

Many rule sets record who changes a file and not who reads it. A job relies on its table, a login on the keys of its account, a
shell on its start files, sudo on its rules, every program on the list of libraries to load first, and a server on the
pages that it runs: whoever changed such a file before may be the cause of what relied on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from provenance.ingest.accounts import Account
from provenance.ingest.clock import ms_of
from provenance.ingest.facts import LINEAGE, Flow, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.text.accounts import account_at, accounts
from provenance.text.labels import paths, short_name
from provenance.trace.result import Entry, Slice, TraceEdge

TABLES = (
    "/var/spool/at/*",
    "/var/spool/cron/*",
    "/etc/cron*",
    "/etc/anacrontab",
    "/etc/systemd/system/*",
    "*/.config/systemd/user/*",
    "/etc/udev/rules.d/*",
    "/etc/init.d/*",
    "/etc/rc.local",
    "/etc/NetworkManager/dispatcher.d/*",
)
"""Patterns of the files from which daemons take jobs."""
_DAEMONS = frozenset(("cron", "crond", "atd", "anacron", "fcron", "systemd", "init", "systemd-udevd", "udevd"))
_SHELLS = frozenset(("sh", "bash", "dash", "ash", "zsh", "ksh", "fish"))
_OF_SHELL = ("-i", "-l", "--login")
_PYTHON = re.compile(r"python[\d.]*")
_ELEVATES = frozenset(("sudo", "su", "doas", "pkexec"))
_NAME = re.compile(r"[a-z_][a-z0-9_.-]*", re.IGNORECASE)
_AT_ONCE_MS = 2_000
"""Nobody types a command into a shell so soon after it began: its start files ran it."""
_MOST_SCRIPTS = 4
"""The most files named by one command line that are looked up."""
_KEYS = (".ssh/authorized_keys*",)
_START_FILES = (".bashrc", ".bash_profile", ".bash_login", ".profile", ".zshrc", ".zshenv", ".zprofile")
_SHARED_START_FILES = ("/etc/profile*", "/etc/bash.bashrc", "/etc/bashrc", "/etc/zsh/*")
_RULES = ("/etc/sudoers*", "/etc/doas.conf", "/etc/pam.d/*", "/etc/polkit-1/*")
_PRELOAD = ("/etc/ld.so.preload",)
_CONFIGURATIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "logrotate": ("/etc/logrotate.d/*", "/etc/logrotate.conf"),
        "apt": ("/etc/apt/apt.conf*",),
        "apt-get": ("/etc/apt/apt.conf*",),
        "dpkg": ("/etc/dpkg/dpkg.cfg*", "/var/lib/dpkg/info/*"),
        "udevadm": ("/etc/udev/rules.d/*",),
        "systemd-udevd": ("/etc/udev/rules.d/*",),
        "nm-dispatcher": ("/etc/NetworkManager/dispatcher.d/*",),
        "NetworkManager": ("/etc/NetworkManager/dispatcher.d/*",),
        "dhclient": ("/etc/dhcp/dhclient-*",),
        "modprobe": ("/etc/modprobe.d/*",),
        "run-parts": ("/etc/update-motd.d/*", "/etc/cron*"),
        "git": ("*/.git/hooks/*", "*/.git/config"),
        "ssh": ("*/.ssh/config", "/etc/ssh/ssh_config*"),
        "sshd": ("/etc/ssh/sshd_config*", "/etc/ssh/sshrc"),
    }
)
"""The files in which programs look for other programs to run."""
_MODULES = ("*/sitecustomize.py", "*/usercustomize.py", "*-packages/*.pth")
_PAGES = ("*.php", "*.phtml", "*.jsp", "*.jspx", "*.aspx", "*.war", "*.cgi")
_ROOT = 0
_JOB = "this may be the job that ran: no record shows what its daemon read"


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """What a process relied on at a moment: files, by patterns. What a login of the account `own` (an auid) changed is its own
    business. Of a job, `job_of` are the accounts that it ran as, and only they and root can have planted it. Of a server,
    `program` is what alone writes and runs its pages. `leads` says that whoever changed the file comes before who used it."""

    process: Node
    moment: int
    patterns: tuple[str, ...]
    why: str
    own: int | None = None
    job_of: frozenset[object] = frozenset()
    program: str = ""
    is_login: bool = False
    leads: bool = False

    def counts(self, writer: Node, change: Flow) -> bool:
        """Whether a change by a process can be what was relied on."""
        if self.job_of:
            return bool(_uids(writer) & (self.job_of | {_ROOT}))
        if self.program and writer.attributes.get("exe") != self.program:
            return False
        return self.own is None or account_at(writer, change.first).auid != self.own

    def is_likely(self, writer: Node) -> bool:
        """Whether a process ran as an account of the job."""
        return not self.job_of or bool(_uids(writer) & self.job_of)


def prerequisites(slice_: Slice, best: Entry, route: Sequence[TraceEdge]) -> Iterator[Prerequisite]:
    """What the way in `best` and the processes of the route from it to the alert relied on, apart from those whose reads are
    recorded."""
    read = {edge.target for edge in slice_.edges if edge.kind is FlowKind.READ}
    begun = {edge.source: edge.first for edge in reversed(route) if edge.kind in LINEAGE}
    yield from _of_job(slice_, best, begun)
    logs_in = slice_.nodes[best.node].kind is not EntityKind.PROCESS
    for process, moment in _processes(slice_, best, route):
        who = account_at(process, moment)
        if who.auid is not None and logs_in and process.id not in read:
            yield _on(process, moment, _in_home(who.auid, who, _KEYS), own=who.auid, is_login=True)
        logs_in = who.auid is None
        if process.id not in read and process.attributes.get("argv") and not process.attributes.get("forked"):
            yield from _of_program(process, moment, who, begun.get(process.id))
    yield from _of_pages(slice_, best, read, begun)


def _on(process: Node, moment: int, patterns: tuple[str, ...], **more: Any) -> Prerequisite:
    why = f"{short_name(process)} may have relied on it: no record shows what it read"
    return Prerequisite(process, moment, patterns, why, **more)


def _of_job(slice_: Slice, best: Entry, begun: Mapping[int, int]) -> Iterator[Prerequisite]:
    """The tables of jobs, where the best way in is a session from no address and no terminal, or a daemon that runs jobs,
    and no record shows that a table was read. A process without records of its own may be such a daemon."""
    node, leads = slice_.nodes[best.node], _is_unexplained(slice_.nodes[best.node])
    is_nameless = node.kind is EntityKind.PROCESS and bool(node.attributes.get("observed_only"))
    if (leads or is_nameless) and not _reads_table(slice_):
        known = frozenset(_accounts(slice_, best) - {None}) or frozenset((_ROOT,))
        yield Prerequisite(node, begun.get(node.id, best.moment), TABLES, _JOB, job_of=known, leads=leads)


def _is_unexplained(node: Node) -> bool:
    """PAM names a daemon as the terminal of the sessions that it opens (pam_set_item(3), PAM_TTY; cron's is `cron`)."""
    if node.kind is EntityKind.SESSION:
        terminal = str(node.attributes.get("terminal") or "")
        return not node.attributes.get("address") and (not terminal or terminal in _DAEMONS)
    is_init = node.attributes.get("pid") == 1
    return node.kind is EntityKind.PROCESS and (is_init or short_name(node).lower() in _DAEMONS)


def _reads_table(slice_: Slice) -> bool:
    read = {edge.source for edge in slice_.edges if edge.kind in (FlowKind.READ, FlowKind.LOADED)}
    return any(is_table(path) for id in read for path in paths(slice_.nodes[id]))


def is_table(path: str) -> bool:
    """Whether a daemon takes jobs from a file of this path."""
    return any(fnmatchcase(path, pattern) for pattern in TABLES)


def _accounts(slice_: Slice, best: Entry) -> set[object]:
    """The account of a session; else those of the programs that began after a daemon did, on its host."""
    node = slice_.nodes[best.node]
    if node.kind is EntityKind.SESSION:
        return {node.attributes.get("auid")}
    return {
        one.uid
        for other in slice_.nodes.values()
        if other.kind is EntityKind.PROCESS and other.host == node.host and other.first > node.first
        for one in accounts(other)
    }


def _uids(node: Node) -> frozenset[object]:
    """The users that a process ran as: `at` and `crontab` change theirs while they write a table."""
    return frozenset(one.uid for one in accounts(node))


def _processes(slice_: Slice, best: Entry, route: Sequence[TraceEdge]) -> Iterator[tuple[Node, int]]:
    """The processes of a route, each with the moment at which the route enters it."""
    first = slice_.nodes[best.node]
    if first.kind is EntityKind.PROCESS:
        yield first, best.moment
    for edge in route:
        node = slice_.nodes[edge.target]
        if node.kind is EntityKind.PROCESS:
            yield node, edge.first


def _of_program(process: Node, moment: int, who: Account, begins: int | None) -> Iterator[Prerequisite]:
    """What one program relied on; `begins` is when it began the next one of the route."""
    argv = [str(word) for word in process.attributes["argv"]]
    name = str(process.attributes.get("exe") or argv[0]).rpartition("/")[2]
    yield _on(process, moment, _PRELOAD, own=who.auid, leads=True)
    if scripts := _scripts(argv):
        yield _on(process, moment, scripts, own=who.auid, leads=True)
    if name in _SHELLS and (len(argv) == 1 or argv[1] in _OF_SHELL):
        at_once = begins is not None and ms_of(begins) - ms_of(moment) <= _AT_ONCE_MS
        files = (*_in_home(who.uid, who, _START_FILES), *_SHARED_START_FILES)
        yield _on(process, moment, files, own=who.uid if who.auid is None else who.auid, leads=at_once)
    if name in _ELEVATES:
        yield _on(process, moment, _RULES, own=who.auid)
    if begins is not None and name in _CONFIGURATIONS:
        yield _on(process, moment, _CONFIGURATIONS[name], own=who.auid, leads=True)
    if _PYTHON.fullmatch(name):
        yield _on(process, moment, _MODULES, own=who.auid, leads=True)


def _scripts(argv: Sequence[str]) -> tuple[str, ...]:
    """The files that a command line names by complete paths, as far as they hold no characters of patterns or shells."""
    words = [word for argument in argv[1:] for word in argument.split()]
    found = [word for word in words if word.startswith("/") and not set(word) & set("*?[];|&<>$`'\"")]
    return tuple(dict.fromkeys(found[:_MOST_SCRIPTS]))


def _in_home(uid: int | None, who: Account, files: Sequence[str]) -> tuple[str, ...]:
    """Files in the home directory of a user, by its usual place; of a user without a known name in any."""
    if uid == _ROOT:
        return tuple(f"/root/{file}" for file in files)
    known = uid == who.uid and who.user is not None and _NAME.fullmatch(who.user)
    return tuple(f"/home/{who.user if known else '*'}/{file}" for file in files)


def _of_pages(slice_: Slice, best: Entry, read: set[int], begun: Mapping[int, int]) -> Iterator[Prerequisite]:
    """The pages of the server through which a peer came in, where it began a program after that."""
    edge = next((edge for edge in slice_.edges if edge.id == best.edge), None)
    gate = slice_.nodes[best.node if edge is None else edge.target]
    program = gate.attributes.get("exe")
    if gate.id in read or (edge is not None and edge.kind is not FlowKind.ACCEPTED):
        return
    if program and begun.get(gate.id, 0) >= best.moment:
        yield _on(gate, begun[gate.id], _PAGES, program=str(program))
