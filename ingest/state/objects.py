"""The objects of a host's state while its log is read: plain data, no rules.

The rules that change them are in `ingest.rules` (descriptors in `channels`, pids in `processes`, inodes in `files`) and
`ingest.syscalls`. A checkpoint is this state: a new attribute needs a column there (`ingest.checkpoint.schema`).
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from ..accounts import Account

LOCAL = -1
"""In place of the port of a connection over AF_UNIX."""
_RUNS_KEPT = 4096
"""The most runs of one image that may still be extended: a state is saved often, and few images need more."""


class GraphObject:
    """An entity that flows enter and leave, with the data that `ingest.rules.reduce` needs.

    `last_in`/`last_out` are the last moments at which a finished flow entered or left it; `open_in`/`open_out` count
    channels that are open now; `shared` is set when a descriptor of it was inherited, after which it counts as always
    entered and left.
    """

    __slots__ = ("id", "last_in", "last_out", "open_in", "open_out", "shared")

    def __init__(self, id: int) -> None:
        self.id = id
        self.last_in = 0
        self.last_out = 0
        self.open_in = 0
        self.open_out = 0
        self.shared = False


class FileNode(GraphObject):
    """An incarnation of an inode. `paths` maps each name to [first moment, last moment, gone]."""

    __slots__ = ("born_as", "device", "ended", "first", "inode", "mode", "owner", "paths")

    def __init__(self, id: int, device: str, inode: int, first: int) -> None:
        super().__init__(id)
        self.device = device
        self.inode = inode
        self.first = first
        self.mode: str | None = None
        self.owner: int | None = None
        self.ended: int | None = None
        self.born_as: str = ""
        self.paths: dict[str, list[int]] = {}


class DescriptionKind(IntEnum):
    """The object that an open file description refers to."""

    NOTHING = 0
    """A character device, a netlink socket, an O_PATH descriptor: known, but not a channel."""
    FILE = 1
    SOCKET = 2
    PIPE = 3
    """One end of a pipe, a socketpair or a terminal."""
    TERMINAL_MASTER = 4
    """A pseudo-terminal's master before its slave's number is known."""


class Description:
    """An open file description: what dup and fork share.

    `node` is what is read from and written to, None until (for a socket) a peer is known. `sink` is what is
    written to when it differs from `node`: the two directions of a socketpair or a terminal are two nodes, so that no process
    reads what the holders of its own end wrote.
    """

    __slots__ = (
        "accepted",
        "connected_by",
        "evidence",
        "first",
        "inherited",
        "kind",
        "local_ip",
        "local_port",
        "made_by",
        "node",
        "owed",
        "passed_on",
        "path",
        "peers",
        "protocol",
        "readable",
        "remote",
        "requests",
        "sink",
        "taken_by",
        "writable",
    )

    def __init__(self, kind: DescriptionKind, node: GraphObject | None, first: int, evidence: bytes) -> None:
        self.kind = kind
        self.node = node
        self.sink: GraphObject | None = None
        self.first = first
        self.evidence = evidence
        self.readable = True
        self.writable = True
        self.path: str | None = None
        self.protocol: str = "ip"
        self.local_ip: str | None = None
        self.local_port: int | None = None
        self.remote: tuple[str, int] | None = None
        """Address and port of the peer; a path (empty where no record says it) and LOCAL for AF_UNIX."""
        self.requests: list[str] | None = None
        """The commands that the peer of an accepted connection asked for, of which a few are stored."""
        self.accepted = False
        self.inherited = False
        """A fork has passed it on, so that other images than its opener may hold it."""
        self.connected_by: int | None = None
        """The image that called connect or accept: only its flows are CONNECTED or ACCEPTED."""
        self.peers: dict[int, Peer] | None = None
        self.made_by: int | None = None
        """The image that accepted it or made the pipe, unless that did something else before it forked."""
        self.taken_by: int | None = None
        self.passed_on = False
        """A child went on with the accepted connection, and its server did something else only after the fork."""
        """The child that the image in `made_by` made it for (`ingest.rules.handover`)."""
        self.owed: PendingFlow | None = None


class Descriptor(NamedTuple):
    """An entry of a descriptor table."""

    description: Description
    cloexec: bool
    latent: bool


class Run:
    """A run of an edge that may still be extended (`ingest.rules.reduce`)."""

    __slots__ = ("evidence", "first", "last", "times")

    def __init__(self, first: int, last: int, times: int, evidence: bytes) -> None:
        self.first = first
        self.last = last
        self.times = times
        self.evidence = evidence


class Peer:
    """An address that an unconnected datagram socket has sent to: an answer may come until the socket is closed."""

    __slots__ = ("answered", "evidence", "first", "image", "node")

    def __init__(self, node: GraphObject, image: int, first: int, evidence: bytes) -> None:
        self.node = node
        self.image = image
        self.first = first
        self.evidence = evidence
        self.answered = False


class Channel:
    """A description held by one image: from `start` until its last descriptor (`refs`) goes, data may pass.

    `moved_in`/`moved_out` are None until a record shows data moving that way; from then on those records are the flow,
    and the interval is not. They hold the run that the next record may extend.
    """

    __slots__ = ("description", "evidence", "extends_in", "extends_out", "moved_in", "moved_out", "refs", "start")

    def __init__(self, description: Description, start: int, evidence: bytes) -> None:
        self.description = description
        self.start = start
        self.evidence = evidence
        self.refs = 0
        self.moved_in: Run | None = None
        self.moved_out: Run | None = None
        self.extends_in: Run | None = None
        self.extends_out: Run | None = None


class PendingFlow(NamedTuple):
    """A channel that `image` closed at `end`. Its flows are emitted as the image's unless a child takes them."""

    image: Image
    channel: Channel
    end: int


class Children:
    """How the children of a process came to be known: with a fork record that names their pid, or only by their ppid.

    In another pid namespace fork records name pids that nothing else in the log uses, so none is ever confirmed.
    """

    __slots__ = ("confirmed", "unconfirmed")

    def __init__(self) -> None:
        self.confirmed = 0
        self.unconfirmed = 0

    @property
    def foreign(self) -> bool:
        """Whether the fork records of this process name pids of another namespace."""
        return self.unconfirmed > 0 and self.confirmed == 0


class Image(GraphObject):
    """A program image of one incarnation of a pid.

    `inherited` means its descriptors came by fork and are not channels yet: most children execute at once, and what
    they held in between carries nothing. `given_up` are inherited descriptions closed meanwhile. `busy` is set by calls
    that a child does not make between fork and execve; `acted` is the last moment of a call whose effect could depend on data
    that the image had read. `owing` are descriptions whose flows may turn out to be a child's.
    """

    __slots__ = (
        "accounts",
        "acted",
        "argv",
        "auid",
        "birth",
        "busy",
        "channels",
        "children",
        "comm",
        "confirmed",
        "container",
        "cow",
        "cwd",
        "end",
        "euid",
        "evidence",
        "exe",
        "fds",
        "forked",
        "given_up",
        "ids",
        "incarnation",
        "inherited",
        "observed_only",
        "owing",
        "parent",
        "pid",
        "ppid",
        "root",
        "runs",
        "ses",
        "threads",
        "tty",
        "uid",
        "user",
    )

    def __init__(self, id: int, pid: int, ppid: int | None, birth: int, evidence: bytes) -> None:
        super().__init__(id)
        self.pid = pid
        self.ppid = ppid
        self.birth = birth
        self.evidence = evidence
        self.end: int | None = None
        self.parent: int | None = None
        self.incarnation = id
        self.argv: tuple[str, ...] | None = None
        self.exe: str | None = None
        self.comm: str | None = None
        self.cwd: str | None = None
        self.root: str = ""
        self.uid: int | None = None
        self.euid: int | None = None
        self.auid: int | None = None
        self.ses: int | None = None
        self.user: str | None = None
        self.accounts: list[Account] | None = None
        """The accounts it had, in order of time; None while it had only one."""
        self.ids: tuple[str | None, ...] | None = None
        """The ids of its last record as text, to see a change at once. Not in checkpoints: all that they say is above."""
        self.tty: str | None = None
        self.container: str | None = None
        self.fds: dict[int, Descriptor] = {}
        self.cow = False
        """`fds` is shared with a snapshot and must be copied before it changes."""
        self.channels: dict[Description, Channel] = {}
        self.given_up: list[tuple[Description, int]] | None = None
        self.inherited = False
        self.forked = False
        self.busy = False
        self.acted = 0
        self.owing: list[Description] = []
        self.threads = False
        self.runs: dict[tuple[int, int, int], Run] = {}
        self.children = Children()
        self.confirmed = False
        self.observed_only = False

    def inherit(self, other: Image) -> None:
        """Take what a fork or an execve hands on from the image before: account, session, directories, and the name until a
        record gives another."""
        self.comm = other.comm
        self.cwd, self.root = other.cwd, other.root
        self.uid, self.euid, self.auid, self.user = other.uid, other.euid, other.auid, other.user
        self.ses, self.tty, self.container = other.ses, other.tty, other.container

    def remember(self, kind: int, source: int, target: int, run: Run) -> None:
        """Keep a run of this image as the one that the next flow of its kind between the two may extend."""
        if len(self.runs) >= _RUNS_KEPT:
            self.runs.clear()
        self.runs[kind, source, target] = run

    def holds(self, description: Description) -> bool:
        """Whether a descriptor that is in use names it."""
        return any(entry.description is description and not entry.latent for entry in self.fds.values())

    def table(self) -> dict[int, Descriptor]:
        """The descriptor table, safe to change."""
        if self.cow:
            self.fds = dict(self.fds)
            self.cow = False
        return self.fds


class Login(NamedTuple):
    """The begin of a login session: the process that got the session's number, and the event that says so."""

    image: Image
    evidence: bytes


class Fork(NamedTuple):
    """A recorded fork whose child no event has named yet: the parent's descriptors as they were."""

    parent: Image
    fds: dict[int, Descriptor]
    moment: int
    evidence: bytes
