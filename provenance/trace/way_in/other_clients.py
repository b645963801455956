"""Other clients: what the servers on the intruder's way did for other clients, as far as the records show whose it was.

Programs are another client's if the process that took only his connection began them, or they are of its login session; if a
daemon began them for a job that he put into its queue; if a server began them at once after he came in, does so again and again,
and the intruder came in long before; or if they were typed into a shared terminal after the intruder had left and he had logged
in. What is on the way to the alert is never another's.
What a server began at once after another client came in, and is not left out, may be his.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from provenance.ingest.clock import LAST, ms_of, shift
from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, Node, Store
from provenance.text.addresses import is_loopback
from provenance.text.labels import label, paths
from provenance.trace.programs.jobs import jobs_of_others, jobs_of_tables
from provenance.trace.programs.persistence import is_lasting
from provenance.trace.result import Slice
from provenance.trace.way_in.arrivals import program

_AT_ONCE_MS = 100
"""How long after a client came in a server begins what it does for him."""
_MAY_BE_OWN_MS = 250
"""How long after the intruder came in what a server begins may be for him."""
_AGAIN = 2
"""How often a program must have been begun for others to be one that the server runs for everybody."""
_MOST_SERVERS, _MOST_FLOWS = 1_000, 5_000
_LOGIN = re.compile(r"(?:\S*/)?login .*?-h ?([0-9a-fA-F.:]+)( |\Z)")
"""The command line by which telnetd and rlogind begin a login: `login -h ADDRESS`."""
_SHELL = re.compile(r"(ba|da|z|k)?sh")


@dataclass(frozen=True, slots=True)
class _Arrivals:
    """When clients came in, on the fleet's clock, in order: the intruder, and all others."""

    own: Sequence[int]
    others: Sequence[int]

    def is_of_another(self, moment: int) -> bool:
        """Whether what a server began at a moment was for another client."""
        own = _last_until(self.own, moment)
        return self.may_be_of_another(moment) and (own is None or ms_of(moment) - ms_of(own) > _MAY_BE_OWN_MS)

    def may_be_of_another(self, moment: int) -> bool:
        """Whether another client was the last to come in before a moment, and at once before it."""
        other, own = _last_until(self.others, moment), _last_until(self.own, moment)
        return other is not None and ms_of(moment) - ms_of(other) <= _AT_ONCE_MS and (own is None or own < other)


class OtherClients(NamedTuple):
    """The processes that servers began for other clients than the intruder, those that they may have begun for others,
    those that only use what all clients share, and those that may be jobs that he did not plant."""

    sure: frozenset[int] = frozenset()
    unsure: frozenset[int] = frozenset()
    users: frozenset[int] = frozenset()
    jobs: frozenset[int] = frozenset()


NO_OTHERS = OtherClients()


def run_for_others(
    store: Store,
    forward: Slice,
    ip: str,
    on_path: Collection[int],
    skews: Mapping[str, int],
    rivals: Collection[str] = (),
) -> OtherClients:
    """The processes of a forward slice from the servers through which `ip` entered that are other clients'. What was begun for
    one of `rivals`, addresses that are about as likely to be the intruder's, is unsure."""
    return _Others(store, forward, ip, on_path, skews, frozenset(rivals)).found()


class _Others:
    def __init__(
        self,
        store: Store,
        forward: Slice,
        ip: str,
        on_path: Collection[int],
        skews: Mapping[str, int],
        rivals: frozenset[str],
    ) -> None:
        self._nodes, self._edges = forward.nodes, forward.edges
        self._gates = [id for id in forward.start if id in forward.nodes]
        self._on_path, self._skews, self._ip, self._rivals = on_path, skews, ip, rivals
        self._parents = {edge.target: edge.source for edge in forward.edges if edge.kind in LINEAGE}
        self._children: dict[int, list[int]] = defaultdict(list)
        for child, parent in self._parents.items():
            self._children[parent].append(child)
        self._accepted = self._accepts(store)
        self._begin = min((self._fleet(id, forward.bounds[id]) for id in self._gates), default=0)

    def found(self) -> OtherClients:
        """The processes."""
        own = {self._ip, *self._rivals}
        roots = self._whose_connection_was_anothers(own)
        found = self._below(roots)
        found |= self._below(self._in_sessions_of(found))
        found |= self._below(self._logged_in(own))
        found |= self._below(jobs_of_others(self._nodes, self._edges, found) - set(self._on_path))
        found |= self._below(self._begun_at_once(found, own))
        found |= self._below(self._typed_after(roots))
        sure = found - set(self._on_path)
        unsure = self._below(self._begun_after_another()) - sure - set(self._on_path)
        jobs = self._below(self._jobs_of_tables()) - sure - set(self._on_path)
        return OtherClients(frozenset(sure), frozenset(unsure), jobs=frozenset(jobs))

    def _fleet(self, id: int, moment: int) -> int:
        """A moment of a process's host on the fleet's clock."""
        skew = self._skews.get(self._nodes[id].host, 0)
        return shift(moment, skew) if skew else moment

    def _accepts(self, store: Store) -> Mapping[int, list[tuple[int, str]]]:
        """When which addresses came in to the gates, and to the processes that run the same program."""
        programs = {(self._nodes[id].host, program(self._nodes[id])) for id in self._gates}
        servers = [
            node.id
            for node in self._nodes.values()
            if node.kind is EntityKind.PROCESS and (node.host, program(node)) in programs
        ]
        wanted = [*self._gates, *(id for id in servers if id not in self._gates)][:_MOST_SERVERS]
        flows = [
            flow
            for flow in store.expand(Direction.BACKWARD, dict.fromkeys(wanted, LAST), _MOST_FLOWS)
            if flow.kind is FlowKind.ACCEPTED
        ]
        peers = store.nodes({flow.source for flow in flows})
        found: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for flow in flows:
            address = peers[flow.source].attributes.get("ip") if flow.source in peers else None
            if address:
                found[flow.target].append((self._fleet(flow.target, flow.first), str(address)))
        return found

    def _whose_connection_was_anothers(self, own: Collection[str]) -> dict[int, int]:
        """Processes that took connections of others alone, each with the moment of the first."""
        return {
            id: min(moment for moment, _ in known)
            for id, known in self._accepted.items()
            if id not in self._gates and not self._leads_on(id) and all(ip not in own for _, ip in known)
        }

    def _in_sessions_of(self, known: Collection[int]) -> list[int]:
        """Processes of the login sessions that others' processes are in, and none of the intruder's."""
        own = {self._session(id) for id in self._below(self._gates)}
        theirs = {self._session(id) for id in known} - own - {None}
        return [id for id in self._nodes if self._session(id) in theirs]

    def _logged_in(self, own: Collection[str]) -> set[int]:
        """The processes that daemons began for the login of another client, whose address login(1) is given."""
        arrived = {ip for known in self._accepted.values() for _, ip in known} - set(own)
        of_gates = (id for gate in self._gates for id in self._children[gate] if not self._leads_on(id))
        begun = {*self._begun_by_servers(), *of_gates}
        found = set()
        for top in begun if arrived else ():
            given = [_LOGIN.match(label(self._nodes[id])) for id in self._below([top])]
            if any(match is not None and match[1] in arrived for match in given):
                found.add(top)
        return found

    def _session(self, id: int) -> tuple[str, int] | None:
        session = self._nodes[id].attributes.get("ses")
        return (self._nodes[id].host, session) if isinstance(session, int) else None

    def _begun_at_once(self, known: Collection[int], own: Collection[str]) -> list[int]:
        """What older servers began at once after another client came in, and run for everybody."""
        arrivals = self._arrivals(own)
        tops = [
            child
            for child in self._begun_by_servers()
            if child not in known and arrivals.is_of_another(self._fleet(child, self._nodes[child].first))
        ]
        programs = {top: self._programs(top) for top in tops}
        often = Counter(name for names in programs.values() for name in names)
        return [
            top
            for top, names in programs.items()
            if all(often[name] >= _AGAIN for name in names) and not self._is_notable(top)
        ]

    def _begun_after_another(self) -> list[int]:
        """What older servers began at once after another client or a rival came in."""
        arrivals = self._arrivals([self._ip])
        return [
            child
            for child in self._begun_by_servers()
            if arrivals.may_be_of_another(self._fleet(child, self._nodes[child].first))
        ]

    def _arrivals(self, own: Collection[str]) -> _Arrivals:
        moments = [(moment, ip in own) for arrived in self._accepted.values() for moment, ip in arrived]
        return _Arrivals(
            sorted(moment for moment, is_own in moments if is_own),
            sorted(moment for moment, is_own in moments if not is_own),
        )

    def _begun_by_servers(self) -> list[int]:
        """What older servers began, apart from what leads to the alert."""
        return [
            child
            for child, parent in self._parents.items()
            if self._is_older(parent) and not self._is_older(child) and not self._leads_on(child)
        ]

    def _jobs_of_tables(self) -> set[int]:
        """What older daemons began after they had read a table of jobs that the intruder changed, apart from what leads to the
        alert."""
        daemons = {id for id in self._nodes if self._is_older(id) and id not in self._gates}
        found = jobs_of_tables(self._nodes, self._edges, daemons, self._below)
        return {job for job in found if self._below([job]).isdisjoint(self._on_path)}

    def _typed_after(self, roots: Mapping[int, int]) -> list[int]:
        """Programs on a terminal of an older program, begun after the intruder had left and another had logged in."""
        own = self._below(id for id in self._gates if not self._is_older(id))
        found = []
        for child, parent in self._parents.items():
            node = self._nodes[child]
            if child in own or not node.attributes.get("tty") or not self._is_older(parent):
                continue
            left = self._end_of_logins(own, node.host)
            moment = self._fleet(child, node.first)
            if left is not None and any(
                left <= came <= moment for id, came in roots.items() if self._nodes[id].host == node.host
            ):
                found.append(child)
        return found

    def _end_of_logins(self, own: Iterable[int], host: str) -> int | None:
        """When the last process of the intruder's logins to a host ended; None if one did not, or he did not log in."""
        ends = [self._nodes[id].attributes.get("end") for id in own if self._nodes[id].host == host]
        known = [end for end in ends if isinstance(end, int)]
        return shift(max(known), self._skews.get(host, 0)) if known and len(known) == len(ends) else None

    def _is_older(self, id: int) -> bool:
        return id in self._nodes and self._fleet(id, self._nodes[id].first) < self._begin

    def _leads_on(self, id: int) -> bool:
        return id in self._on_path

    def _below(self, ids: Iterable[int]) -> set[int]:
        """Processes and all that they began."""
        found: set[int] = set()
        waiting = list(ids)
        while waiting:
            id = waiting.pop()
            if id not in found:
                found.add(id)
                waiting += self._children[id]
        return found

    def _programs(self, top: int) -> set[str]:
        """The programs that a process and what it began ran, apart from shells; of a shell that ran none, its command line."""
        nodes = [self._nodes[id] for id in self._below([top]) if not self._nodes[id].attributes.get("forked")]
        names = {program(node).rpartition("/")[2] for node in nodes}
        return {name for name in names if not _SHELL.fullmatch(name)} or {label(node) for node in nodes}

    def _is_notable(self, top: int) -> bool:
        """Whether a process or what it began called another host or made a lasting change: this is shown for every account."""
        line = self._below([top])
        return any(
            edge.source in line
            and (
                (edge.kind is FlowKind.CONNECTED and _is_on_another_host(self._nodes[edge.target]))
                or (edge.kind is FlowKind.WROTE and any(map(is_lasting, paths(self._nodes[edge.target]))))
            )
            for edge in self._edges
        )


def _last_until(moments: Sequence[int], moment: int) -> int | None:
    """The last of the sorted moments that is not after another."""
    place = bisect_right(moments, moment)
    return moments[place - 1] if place else None


def _is_on_another_host(peer: Node) -> bool:
    """Whether a peer is on another host; one without an address is a unix socket."""
    return "ip" in peer.attributes and not is_loopback(str(peer.attributes["ip"]))
