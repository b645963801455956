"""The graph model: every node label, edge type and property, once.

Stores, constraints, GraphQL and the documentation are checked against these tables. Entities and flows themselves are
`ingest.facts`; here stands what each carries and what it means.
"""

from __future__ import annotations

from dataclasses import dataclass

from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a node: its name, its type (`text`, `integer`, `moment`, `list`, `flag`) and its meaning."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True, slots=True)
class NodeModel:
    """A node label and what its nodes carry besides id, host and first."""

    kind: EntityKind
    label: str
    meaning: str
    properties: tuple[Property, ...]


@dataclass(frozen=True, slots=True)
class EdgeModel:
    """An edge type: which kinds of node it joins, and when it is drawn."""

    kind: FlowKind
    sources: tuple[EntityKind, ...]
    targets: tuple[EntityKind, ...]
    meaning: str


P, F, N, I, S = (  # noqa: E741
    EntityKind.PROCESS,
    EntityKind.FILE,
    EntityKind.ENDPOINT,
    EntityKind.PIPE,
    EntityKind.SESSION,
)

NODES: tuple[NodeModel, ...] = (
    NodeModel(
        P,
        "Process",
        "One program image of one incarnation of a pid, from birth (fork or execve) to the next execve or exit.",
        (
            Property("pid", "integer", "process id on its host"),
            Property("ppid", "integer", "parent's process id"),
            Property("argv", "list", "arguments, as execve gave them; a forked copy has its parent's"),
            Property("command", "text", "argv joined by single spaces, the text that selectors search"),
            Property("exe", "text", "path of the program"),
            Property("comm", "text", "the kernel's 16-byte name"),
            Property("cwd", "text", "working directory when the image began"),
            Property("uid", "integer", "real user id, as last seen"),
            Property("euid", "integer", "effective user id, as last seen"),
            Property("auid", "integer", "login user id; absent when unset"),
            Property("ses", "integer", "session number; absent when unset"),
            Property("user", "text", "name of uid, when the log carries names"),
            Property("tty", "text", "controlling terminal"),
            Property("end", "moment", "moment of its last sign of life that ended it: exit, or the next execve"),
            Property("incarnation", "integer", "id of the first image of this incarnation of the pid"),
            Property("forked", "flag", "runs its parent's program: no execve of its own"),
            Property("observed_only", "flag", "known only because another record names it (as ppid, as a target)"),
            Property("container", "text", "what shows that it lives in another pid namespace"),
        ),
    ),
    NodeModel(
        F,
        "File",
        "One incarnation of an inode, under every name it had and with every hash that records gave of what it held.",
        (
            Property("path", "text", "the first name it was seen under"),
            Property("device", "text", "device of the inode, major:minor in hexadecimal"),
            Property("inode", "integer", "inode number; absent when only the path is known"),
            Property("mode", "text", "type and permission bits, octal, as last seen"),
            Property("owner", "integer", "uid of its owner, as last seen"),
            Property("end", "moment", "moment at which its last name was removed"),
        ),
    ),
    NodeModel(
        N,
        "Endpoint",
        "A network or AF_UNIX address as one host sees it: a peer's, or a listening one of its own.",
        (
            Property("protocol", "text", "tcp, udp, unix, vsock, ... ; ip when the socket's type is unknown"),
            Property("ip", "text", "address; IPv4-mapped IPv6 is IPv4"),
            Property("port", "integer", "port"),
            Property("path", "text", "AF_UNIX path; abstract names begin with @"),
            Property("listening", "flag", "the host itself listens here"),
        ),
    ),
    NodeModel(
        I,
        "Pipe",
        "A pipe, a socketpair or a pseudo-terminal: what one end writes the other reads.",
        (
            Property("type", "text", "pipe, socketpair, pty, memory"),
            Property("path", "text", "name of a terminal"),
        ),
    ),
    NodeModel(
        S,
        "Session",
        "A login session.",
        (
            Property("auid", "integer", "login user id"),
            Property("ses", "integer", "session number"),
            Property("user", "text", "account"),
            Property("address", "text", "where the login came from"),
            Property("terminal", "text", "terminal"),
            Property("service", "text", "program that opened the session"),
        ),
    ),
)

EDGES: tuple[EdgeModel, ...] = (
    EdgeModel(FlowKind.SPAWNED, (P,), (P,), "fork, vfork, clone: the child begins as a copy"),
    EdgeModel(FlowKind.EXECUTED, (P,), (P,), "execve: one image of a pid ends and the next begins"),
    EdgeModel(
        FlowKind.LOADED,
        (F,),
        (P,),
        "the program, script or interpreter that execve ran; code mapped or a kernel module",
    ),
    EdgeModel(FlowKind.READ, (F,), (P,), "an open descriptor that can read"),
    EdgeModel(FlowKind.WROTE, (P,), (F,), "an open descriptor that can write; creation, truncation"),
    EdgeModel(FlowKind.RENAMED, (P,), (F,), "the file has another name"),
    EdgeModel(FlowKind.LINKED, (P,), (F,), "the file has one more name (link, symlink)"),
    EdgeModel(FlowKind.DELETED, (P,), (F,), "a name of the file was removed"),
    EdgeModel(FlowKind.CHANGED_MODE, (P,), (F,), "permission bits or extended attributes"),
    EdgeModel(FlowKind.CHANGED_OWNER, (P,), (F,), "owner or group"),
    EdgeModel(
        FlowKind.CONNECTED,
        (P,),
        (N,),
        "connect, or a datagram sent to an address: what the process sends by it",
    ),
    EdgeModel(FlowKind.RECEIVED, (N,), (P,), "what the process receives by a socket"),
    EdgeModel(FlowKind.ACCEPTED, (N,), (P,), "accept: what the peer sends"),
    EdgeModel(FlowKind.SENT, (P,), (N,), "what the process sends by a socket it did not connect itself"),
    EdgeModel(FlowKind.PIPED, (P, I), (I, P), "an end of a pipe, socketpair, terminal or shared memory held"),
    EdgeModel(FlowKind.SIGNALLED, (P,), (P,), "kill, tgkill"),
    EdgeModel(FlowKind.TRACED, (P,), (P,), "ptrace"),
    EdgeModel(FlowKind.INJECTED, (P,), (P,), "process_vm_writev and what else writes into another process"),
    EdgeModel(FlowKind.REACHED, (N,), (N,), "the same connection seen from both ends"),
    EdgeModel(
        FlowKind.LOGGED_IN,
        (N, P, S),
        (S, P),
        "a login: from its address and its service to the session, from the session to the process it starts",
    ),
)

NODE_OF: dict[EntityKind, NodeModel] = {node.kind: node for node in NODES}
EDGE_OF: dict[FlowKind, EdgeModel] = {edge.kind: edge for edge in EDGES}
