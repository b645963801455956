"""The schema of a checkpoint: the tables of the current version's encoding.

Each type of object has a table with a column for each of its fields; the number of an object is its row. The names of tables
and columns are the format: they stay when a class, an attribute or a file is renamed. A column of references says in its
annotation which table they go to. A column of counts says which table holds the rows of each object's collection: those of
the first object come first there, then those of the second. A collection that is None is counted as None.

A field is added with a column here and in a migration (`migrations`). msgspec checks types and unknown names while it decodes.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, get_type_hints

from msgspec import Struct

from . import rows
from .columns import (
    CHILDREN,
    COMMANDS,
    Flags,
    Ints,
    MaybeInts,
    MaybeReferences,
    MaybeTexts,
    Place,
    References,
    Rows,
    Table,
    Texts,
    To,
    ToDescriptions,
    ToDescriptorTables,
    ToEntities,
    ToMaybeEntities,
    ToMaybeRuns,
)

VERSION = 16


class Nodes(Table):
    """Endpoints, pipes and sessions: entities that flows enter and leave and that have no state of their own kind."""

    id: Ints
    last_in: Ints
    last_out: Ints
    open_in: Ints
    open_out: Ints
    shared: Flags


class Files(Nodes):
    """Incarnations of inodes."""

    born_as: Texts
    device: Texts
    inode: Ints
    first: Ints
    ended: MaybeInts
    mode: MaybeTexts
    owner: MaybeInts
    names: Annotated[References, Rows("names")]


class Images(Nodes):
    """Program images of processes."""

    pid: Ints
    ppid: MaybeInts
    birth: Ints
    end: MaybeInts
    evidence: list[bytes]
    parent: MaybeInts
    incarnation: Ints
    command: Annotated[MaybeReferences, To(COMMANDS)]
    exe: MaybeTexts
    comm: MaybeTexts
    cwd: MaybeTexts
    root: Texts
    user: MaybeTexts
    tty: MaybeTexts
    container: MaybeTexts
    uid: MaybeInts
    euid: MaybeInts
    auid: MaybeInts
    ses: MaybeInts
    descriptors: ToDescriptorTables
    copy_on_write: Flags
    channels: Annotated[References, Rows("image_channels")]
    runs: Annotated[References, Rows("image_runs")]
    owing: Annotated[References, Rows("owing")]
    given_up: Annotated[MaybeReferences, Rows("given_up")]
    children: Annotated[References, To(CHILDREN)]
    inherited: Flags
    forked: Flags
    busy: Flags
    threads: Flags
    confirmed: Flags
    observed_only: Flags
    acted: Ints
    accounts: Annotated[MaybeReferences, Rows("accounts")]


class Children(Table):
    """How the children of a process came to be known; images of one process share it."""

    confirmed: Ints
    unconfirmed: Ints


class Descriptions(Table):
    """Open file descriptions."""

    kind: Ints
    node: ToMaybeEntities
    sink: ToMaybeEntities
    first: Ints
    evidence: list[bytes]
    readable: Flags
    writable: Flags
    path: MaybeTexts
    protocol: Texts
    local_ip: MaybeTexts
    local_port: MaybeInts
    remote: Annotated[MaybeReferences, Rows("remotes")]
    requests: Annotated[MaybeReferences, Rows("requests")]
    accepted: Flags
    inherited: Flags
    connected_by: MaybeInts
    made_by: MaybeInts
    taken_by: MaybeInts
    passed_on: Flags
    peers: Annotated[MaybeReferences, Rows("description_peers")]
    owed: Annotated[MaybeReferences, Rows("owed")]


class Channels(Table):
    """Descriptions held by images."""

    description: ToDescriptions
    start: Ints
    evidence: list[bytes]
    refs: Ints
    moved_in: ToMaybeRuns
    moved_out: ToMaybeRuns
    extends_in: ToMaybeRuns
    extends_out: ToMaybeRuns


class Runs(Table):
    """Runs of edges that may still be extended."""

    first: Ints
    last: Ints
    times: Ints
    evidence: list[bytes]


class Peers(Table):
    """Addresses that datagram sockets have sent to."""

    node: ToEntities
    image: Ints
    first: Ints
    evidence: list[bytes]
    answered: Flags


class DescriptorTables(Table):
    """Tables of descriptors; processes and forks share them."""

    entries: Annotated[References, Rows("descriptors")]


class Commands(Table):
    """Command lines, argument by argument; forked images share them."""

    arguments: Annotated[References, Rows("arguments")]


class Host(Table):
    """The host itself: one row."""

    name: Texts
    reduce: Flags
    first: Ints
    moment: Ints
    records_close: Flags
    restarted_ms: Ints
    lowest_serial: Ints
    thread_numbers: Ints
    recorded_kinds: Ints
    daemon_ended: MaybeInts
    live: Annotated[References, Rows("live")]
    ended: Annotated[References, Rows("ended")]
    forks: Annotated[References, Rows("forks")]
    threads: Annotated[References, Rows("threads")]
    inodes: Annotated[References, Rows("inodes")]
    paths: Annotated[References, Rows("paths")]
    endpoints: Annotated[References, Rows("endpoints")]
    sessions: Annotated[References, Rows("sessions")]
    logins: Annotated[References, Rows("logins")]
    elevated: Annotated[References, Rows("elevated")]
    account_names: Annotated[References, Rows("account_names")]
    terminals: Annotated[References, Rows("terminals")]
    masters: Annotated[References, Rows("masters")]
    blinds: Annotated[References, Rows("blinds")]
    unrecorded: Annotated[References, Rows("unrecorded")]
    corrupt: Annotated[References, Rows("corrupt")]
    missing: Annotated[References, Rows("missing")]
    boots: Annotated[References, Rows("boots")]
    daemon_records: Annotated[References, Rows("daemon_records")]


class Position(Table):
    """How far the log has been read: one row."""

    now: Ints
    generation: Ints
    serial: Ints
    daemon_ms: Ints
    daemon_serial: Ints
    gap_first: Ints
    gap_last_ms: Ints
    missing_events: Ints


class Wide(Struct, forbid_unknown_fields=True):
    """A number that has more than 64 bits, as a log may claim any: its place, where 0 stands, and its digits."""

    table: str
    column: str
    row: Place
    digits: str


class Surrogates(Struct, forbid_unknown_fields=True):
    """A text that UTF-8 cannot hold (bytes of a log that were not UTF-8): its place in `texts`, where an empty one stands, and
    the text in UTF-8 with surrogates passed through."""

    row: Place
    text: bytes


class Content(Struct, forbid_unknown_fields=True):
    """All of it."""

    texts: list[str]
    surrogates: list[Surrogates]
    wide: list[Wide]
    host: Host
    position: Position
    nodes: Nodes
    files: Files
    images: Images
    children: Children
    descriptions: Descriptions
    channels: Channels
    runs: Runs
    peers: Peers
    descriptor_tables: DescriptorTables
    commands: Commands
    names: rows.Names
    accounts: rows.Accounts
    image_channels: rows.ImageChannels
    image_runs: rows.ImageRuns
    owing: rows.Owing
    given_up: rows.GivenUp
    remotes: rows.Remotes
    requests: rows.Requests
    description_peers: rows.DescriptionPeers
    owed: rows.PendingFlow
    descriptors: rows.Descriptors
    arguments: rows.Arguments
    live: rows.Processes
    ended: rows.Processes
    forks: rows.Forks
    threads: rows.Threads
    inodes: rows.Inodes
    paths: rows.Paths
    endpoints: rows.Endpoints
    sessions: rows.Sessions
    logins: rows.Logins
    elevated: rows.Processes
    account_names: rows.AccountNames
    terminals: rows.Terminals
    masters: rows.Masters
    blinds: rows.Blinds
    unrecorded: rows.Unrecorded
    corrupt: rows.Corrupt
    missing: rows.Missing
    boots: rows.Stamps
    daemon_records: rows.Stamps


@cache
def tables() -> dict[str, type[Table]]:
    """The tables of a content by name."""
    hints = get_type_hints(Content)
    return {name: hint for name, hint in hints.items() if isinstance(hint, type) and issubclass(hint, Table)}
