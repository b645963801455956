"""The graph model: every node label, edge type and property.

Stores, constraints, GraphQL and the documentation are checked against these tables. Entities and flows themselves are
in `ingest.facts`; this module describes their properties and meanings.
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
        "One program image of a process: from fork or execve to the next execve or exit.",
        (
            Property("pid", "integer", "process id on its host"),
            Property("ppid", "integer", "parent's process id"),
            Property("argv", "list", "arguments of execve; those of its parent for a forked copy"),
            Property("command", "text", "command line: argv joined by single spaces; selectors search this text"),
            Property("exe", "text", "path of the program"),
            Property("comm", "text", "the kernel's name of the process, at most 15 bytes"),
            Property("cwd", "text", "working directory when the image began"),
            Property("uid", "integer", "real user id, as last recorded"),
            Property("euid", "integer", "effective user id, as last recorded"),
            Property("auid", "integer", "login user id; absent when unset"),
            Property("ses", "integer", "session number; absent when unset"),
            Property("user", "text", "name of the real user, when the log contains names"),
            Property(
                "accounts",
                "list",
                "the accounts it had, in order of time, if it had several: each as the moment from which it had it, uid, euid, "
                "auid and name, separated by spaces, `-` for one that is not known",
            ),
            Property("users", "list", "every name and number of these accounts"),
            Property("tty", "text", "controlling terminal"),
            Property("end", "moment", "time of the exit or the next execve, which ended the program image"),
            Property("incarnation", "integer", "id of the first program image of the process"),
            Property(
                "forked", "flag", "it is a forked copy, which runs its parent's program without an execve of its own"
            ),
            Property(
                "observed_only",
                "flag",
                "it has no records of its own and is known only from other records (as ppid, as a target)",
            ),
            Property("container", "text", "sign that the process is in another pid namespace, as in a container"),
        ),
    ),
    NodeModel(
        F,
        "File",
        "A file: one use of an inode, from creation to deletion, with every path it had and every hash "
        "that records gave of its content.",
        (
            Property("path", "text", "the first path that the file is recorded under"),
            Property("device", "text", "device of the inode, major:minor in hexadecimal"),
            Property("inode", "integer", "inode number; absent when only the path is known"),
            Property("mode", "text", "type and permission bits, octal, as last recorded"),
            Property("owner", "integer", "uid of its owner, as last recorded"),
            Property("end", "moment", "time when its last name was removed"),
        ),
    ),
    NodeModel(
        N,
        "Endpoint",
        "A network or AF_UNIX address as one host sees it: the address of a peer, or one that the host listens on.",
        (
            Property(
                "protocol", "text", "protocol: tcp, udp, unix, vsock, ...; ip when the type of the socket is unknown"
            ),
            Property("ip", "text", "IP address; an IPv4-mapped IPv6 address is given as IPv4"),
            Property("port", "integer", "port"),
            Property("path", "text", "AF_UNIX path; abstract names begin with @"),
            Property("listening", "flag", "the host itself listens on this address"),
            Property("account", "text", "account that the peer of an accepted connection logged in to"),
            Property("fingerprint", "text", "fingerprint of the key with which the peer logged in"),
            Property(
                "requested", "text", "first command that the peer asked to run, as the account's shell was given it"
            ),
            Property(
                "commands",
                "list",
                "all commands that the peer asked to run, if there were several (multiplexing); at most 32",
            ),
            Property(
                "local_ip", "text", "the host's own address of an accepted connection, as its service reported it"
            ),
        ),
    ),
    NodeModel(
        I,
        "Pipe",
        "A pipe, a socketpair or a pseudo-terminal: one end reads what the other writes.",
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
        "the program, script or interpreter that execve ran; mapped code; a kernel module",
    ),
    EdgeModel(FlowKind.READ, (F,), (P,), "the process held a descriptor open for reading"),
    EdgeModel(
        FlowKind.WROTE, (P,), (F,), "the process held a descriptor open for writing, created or truncated the file"
    ),
    EdgeModel(FlowKind.RENAMED, (P,), (F,), "the process renamed the file"),
    EdgeModel(FlowKind.LINKED, (P,), (F,), "the process gave the file another name (link, symlink)"),
    EdgeModel(FlowKind.DELETED, (P,), (F,), "the process removed a name of the file"),
    EdgeModel(FlowKind.CHANGED_MODE, (P,), (F,), "the process changed permission bits or extended attributes"),
    EdgeModel(FlowKind.CHANGED_OWNER, (P,), (F,), "the process changed owner or group"),
    EdgeModel(
        FlowKind.CONNECTED,
        (P,),
        (N,),
        "connect, or a datagram sent to an address: what the process sends through the socket",
    ),
    EdgeModel(FlowKind.RECEIVED, (N,), (P,), "what the process receives through a socket"),
    EdgeModel(FlowKind.ACCEPTED, (N,), (P,), "accept: what the peer sends"),
    EdgeModel(FlowKind.SENT, (P,), (N,), "what the process sends through a socket that it did not connect itself"),
    EdgeModel(
        FlowKind.PIPED, (P, I), (I, P), "the process held an end of a pipe, socketpair, terminal or shared memory"
    ),
    EdgeModel(FlowKind.SIGNALLED, (P,), (P,), "kill, tgkill"),
    EdgeModel(FlowKind.TRACED, (P,), (P,), "ptrace"),
    EdgeModel(FlowKind.INJECTED, (P,), (P,), "process_vm_writev and other calls that write into another process"),
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
