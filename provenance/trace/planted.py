"""Planted jobs: files of job tables that somebody changed before a job of the same account ran, where no record joins the two.

atd and cron read their tables as daemons that are often older than the log, and many rule sets do not record reads. The way
in of a job is then a session that nobody logged in to, and whoever changed a table before may be the cause of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from provenance.ingest.clock import ms_of
from provenance.ingest.facts import Flow, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, Node, Selector, Store
from provenance.text.accounts import accounts
from provenance.text.labels import label, paths, short_name
from provenance.trace.arrivals import is_contacted
from provenance.trace.budget import Budget
from provenance.trace.effects import CHANGING
from provenance.trace.entries import entries
from provenance.trace.result import Entry, Slice
from provenance.trace.walk import walk
from provenance.trace.ways import beside

TABLES = (
    "/var/spool/at/*",
    "/var/spool/cron/*",
    "/etc/cron*",
    "/etc/anacrontab",
    "/etc/systemd/system/*",
    "*/.config/systemd/user/*",
)
"""Patterns of the files from which daemons take jobs."""
_DAEMONS = frozenset(("cron", "crond", "atd", "anacron", "fcron", "systemd", "init"))
_MOST_FILES, _MOST_FLOWS, _MOST = 200, 20, 3
"""The most files that are looked up for each pattern, changes of one file, and candidates."""
_BUDGET = Budget(nodes=2_000, edges=20_000)
_ROOT = 0


class Planted(NamedTuple):
    """The ways in with those of planted jobs, and the nodes that these name and the slice does not hold."""

    ways: tuple[Entry, ...]
    nodes: Mapping[int, Node]


def with_planted(store: Store, slice_: Slice, ways: Sequence[Entry], recorded: Iterable[str]) -> Planted:
    """The ways in, with a candidate for each of the last changes of a table that may have led to the best one, apart from peers
    that programs of the trace contacted: it is a login without a peer or a daemon that runs jobs, and no record shows that a
    table was read. Raises StoreError."""
    edges = {edge.id: edge for edge in slice_.edges}
    came = (way for way in ways if not is_contacted(slice_, edges.get(way.edge or "")))
    best = next(came, None)
    if best is None or not _is_unexplained(slice_, best) or _reads_table(slice_):
        return Planted(tuple(ways), {})
    host = slice_.nodes[best.node].host
    accounts = _accounts(slice_, best) - {None}
    found: list[Entry] = []
    nodes: dict[int, Node] = {}
    for flow, file, writer in _changes(store, host, best.moment, accounts, slice_)[:_MOST]:
        entry, node = _candidate(store, best, flow, file, writer, recorded)
        found.append(entry)
        nodes[node.id] = node
    return Planted(beside(ways, best, found), {id: node for id, node in nodes.items() if id not in slice_.nodes})


def _is_unexplained(slice_: Slice, best: Entry) -> bool:
    """Whether the best way in is a session that came from no address and no terminal, or a daemon that runs jobs. PAM names a
    daemon as the terminal of the sessions that it opens (pam_set_item(3), PAM_TTY; cron's is `cron`)."""
    node = slice_.nodes[best.node]
    if node.kind is EntityKind.SESSION:
        terminal = str(node.attributes.get("terminal") or "")
        return not node.attributes.get("address") and (not terminal or terminal in _DAEMONS)
    return node.kind is EntityKind.PROCESS and short_name(node).lower() in _DAEMONS


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


def _uids(node: Node) -> set[object]:
    """The users that a process ran as: `at` and `crontab` change theirs while they write a table."""
    return {one.uid for one in accounts(node)}


def _changes(
    store: Store, host: str, until: int, wanted_accounts: set[object], slice_: Slice
) -> list[tuple[Flow, Node, Node]]:
    """The last change of each table on a host before a moment by a process of one of the accounts, or of root, that the slice
    does not hold; those by the accounts first, then the last first."""
    files: dict[int, Node] = {}
    for pattern in TABLES:
        wanted = Selector(frozenset((EntityKind.FILE,)), host=host, file=pattern, until=until)
        files.update((node.id, node) for node in store.find(wanted, _MOST_FILES))
    last: dict[int, Flow] = {}
    for flow in store.expand(Direction.BACKWARD, dict.fromkeys(files, until), _MOST_FLOWS) if files else ():
        if flow.kind in CHANGING and flow.source not in slice_.nodes:
            last[flow.target] = max(last.get(flow.target, flow), flow, key=lambda flow: flow.first)
    writers = store.nodes({flow.source for flow in last.values()}) if last else {}
    found = [
        (flow, files[flow.target], writers[flow.source])
        for flow in last.values()
        if flow.source in writers and _uids(writers[flow.source]) & (wanted_accounts | {_ROOT})
    ]
    return sorted(found, key=lambda one: (not _uids(one[2]) & wanted_accounts, -one[0].first, one[0].target))


def _candidate(
    store: Store, best: Entry, flow: Flow, file: Node, writer: Node, recorded: Iterable[str]
) -> tuple[Entry, Node]:
    """The way in of the program that changed a table, else that program itself."""
    behind = walk(store, Direction.BACKWARD, {writer.id: flow.first}, None, _BUDGET)
    known = entries(behind, recorded)
    named = [way for way in known if behind.nodes[way.node].kind is not EntityKind.PROCESS]
    node = behind.nodes[named[0].node] if named else writer
    ago = f"{(ms_of(best.moment) - ms_of(flow.first)) / 1000:.1f} s before"
    who = (
        short_name(writer)
        if node is writer
        else f"{label(node).removesuffix('/login')}, whose program {short_name(writer)}"
    )
    reason = f"{who} wrote {label(file)} {ago}; this may be the job that ran: no record shows what its daemon read"
    return Entry(0, node.id, None, named[0].moment if named else flow.first, 0.0, reason), node
