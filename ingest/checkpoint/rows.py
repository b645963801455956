"""The tables of collections: rows that belong to objects of `schema`."""

from __future__ import annotations

from .columns import (
    Flags,
    Ints,
    MaybeInts,
    MaybeTexts,
    Table,
    Texts,
    ToChannels,
    ToDescriptions,
    ToDescriptorTables,
    ToFiles,
    ToImages,
    ToNodes,
    ToPeers,
    ToRuns,
)


class Names(Table):
    """Paths of a file: when it was seen under each first and last."""

    path: Texts
    first: Ints
    last: Ints


class Accounts(Table):
    """Accounts that a process had, in order of time, if there were several."""

    since: Ints
    uid: MaybeInts
    euid: MaybeInts
    auid: MaybeInts
    user: MaybeTexts


class AccountNames(Table):
    """Names of accounts by their numbers."""

    uid: Ints
    name: Texts


class ImageChannels(Table):
    """Channels of an image by their descriptions."""

    description: ToDescriptions
    channel: ToChannels


class ImageRuns(Table):
    """Runs that the next flow of an image may extend, by kind and ends."""

    kind: Ints
    source: Ints
    target: Ints
    run: ToRuns


class Requests(Table):
    """Commands that the peers of accepted connections asked for."""

    command: Texts


class Owing(Table):
    """Descriptions whose flows may turn out to be a child's."""

    description: ToDescriptions


class GivenUp(Table):
    """Inherited descriptions that were closed, and when."""

    description: ToDescriptions
    moment: Ints


class Remotes(Table):
    """The other end of a connection."""

    ip: Texts
    port: Ints


class DescriptionPeers(Table):
    """Peers of a datagram socket by the ids of their nodes."""

    id: Ints
    peer: ToPeers


class PendingFlow(Table):
    """The closed channel whose flows a child may still take."""

    image: ToImages
    channel: ToChannels
    end: Ints


class Descriptors(Table):
    """Entries of a table of descriptors by their numbers."""

    number: Ints
    description: ToDescriptions
    close_on_exec: Flags
    latent: Flags


class Arguments(Table):
    """Arguments of a command line."""

    text: Texts


class Processes(Table):
    """Images by their pids."""

    pid: Ints
    image: ToImages


class Forks(Table):
    """Recorded forks by the pids of children that no event has named yet."""

    pid: Ints
    parent: ToImages
    descriptors: ToDescriptorTables
    moment: Ints
    evidence: list[bytes]


class Threads(Table):
    """Threads by their numbers, with the pids of their processes."""

    number: Ints
    pid: Ints


class Inodes(Table):
    """Files by device, inode and type."""

    device: Texts
    inode: Texts
    type: Ints
    file: ToFiles


class Paths(Table):
    """Files without inode by their paths."""

    path: Texts
    file: ToFiles


class Endpoints(Table):
    """Endpoints by their addresses."""

    protocol: Texts
    address: Texts
    port: Ints
    node: ToNodes


class Sessions(Table):
    """Login sessions by audit user and number."""

    auid: Ints
    ses: Ints
    node: ToNodes


class Logins(Table):
    """Begins of sessions by their numbers: the process that got the number, and the event."""

    ses: Ints
    image: ToImages
    evidence: list[bytes]


class Terminals(Table):
    """Pseudo-terminals by the device number of their slaves: what the slave reads and what it writes."""

    device: Texts
    to_slave: ToNodes
    to_master: ToNodes


class Masters(Table):
    """Masters of pseudo-terminals whose slaves are not known yet, and who opened them."""

    pid: Ints
    description: ToDescriptions


class Blinds(Table):
    """Blind intervals by their reasons."""

    why: Texts
    first: Ints
    last: Ints


class Unrecorded(Table):
    """Kinds of calls without records."""

    kind: Texts
    first: Ints
    signs: Ints
    recorded: Flags
    listening: Flags


class Corrupt(Table):
    """Digests of lines that are no records."""

    digest: list[bytes]


class Missing(Table):
    """Ranges of serials that have not been read."""

    first: Ints
    last: Ints


class Stamps(Table):
    """Events by times and serials."""

    ms: Ints
    serial: Ints
