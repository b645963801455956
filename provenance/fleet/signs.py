"""Signs: what the records of two hosts say of one connection beside its times, and how much each sign weighs.

A client's command line names the account and the command, a server's records the account that was logged in to, the command
that its shell was given, and the key (`ingest.rules.visits`). No client records its key, but the servers on two hosts may
name the same one. Signs that agree or differ are taken as independent: each multiplies the
odds that two ends are one connection (Bayes' rule in its form of odds), and the result is a confidence again.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from provenance.fleet.ends import LOOPBACK, End, Ends, Group, own_address
from provenance.fleet.owners import Owners
from provenance.fleet.ssh import Request

_SAME_ACCOUNT = 4.0
"""How much likelier the same account is for one connection than for two: a few accounts do most of the logins."""
_OTHER_ACCOUNT = 1 / 50
"""Nothing but an alias in the client's configuration explains another account."""
_SAME_COMMAND = 30.0
_SAME_SHORT_COMMAND = 5.0
_OTHER_COMMAND = 1 / 4
"""A key may be restricted to one command, which is then run in place of the requested one (sshd(8), `command=`)."""
_SAME_KEY = 3.0
"""How much likelier it is that a key comes from a host on which it logged in itself: its owner works there, perhaps with a
forwarded agent (ssh-agent(1)). That it did not log in there shows nothing."""
_SHORT = 12
"""Commands below this length (`uptime`, `bash -s`) are run on many hosts."""
MOST = 0.95
"""Signs make no join more certain than known addresses do."""


class Visit(NamedTuple):
    """What a server's records say of who came over an accepted connection; None where nothing does."""

    account: str | None = None
    command: str | None = None
    fingerprint: str | None = None
    local_ip: str | None = None
    commands: tuple[str, ...] = ()
    """All commands of a multiplexed connection, if there were several."""

    @property
    def every_command(self) -> tuple[str, ...]:
        """All commands that were requested."""
        return self.commands or ((self.command,) if self.command else ())


class Signs(NamedTuple):
    """The requests of clients, by the process that connected, and the visits, by the endpoint of the accepted connection."""

    requests: Mapping[int, Request] = MappingProxyType({})
    visits: Mapping[int, Visit] = MappingProxyType({})
    keys: Mapping[str, frozenset[str]] = MappingProxyType({})
    """The hosts that a key logged in to, by its fingerprint."""

    def compare(self, opened: End, accepted: End) -> Comparison:
        """What the records of both ends say of whether they are one connection."""
        request, visit = self.requests.get(opened.process), self.visits.get(accepted.endpoint)
        if visit is None:
            return _NOTHING
        key = visit.fingerprint
        same_key = key is not None and opened.host != accepted.host and opened.host in self.keys.get(key, ())
        if request is None:
            return Comparison(_SAME_KEY, (f"key {key}",), ()) if same_key else _NOTHING
        odds, agree, differ = 1.0, list[str](), list[str]()
        if same_key:
            odds *= _SAME_KEY
            agree.append(f"key {key}")
        if request.account and visit.account:
            if _plain_name(request.account) == _plain_name(visit.account):
                odds *= _SAME_ACCOUNT
                agree.append(f"account {visit.account}")
            else:
                odds *= _OTHER_ACCOUNT
                differ.append(f"account {request.account} was requested, {visit.account} was logged in to")
        if request.command and visit.every_command:
            if request.command in visit.every_command:
                odds *= _SAME_COMMAND if len(request.command) >= _SHORT else _SAME_SHORT_COMMAND
                agree.append(f"command {request.command}")
            else:
                odds *= _OTHER_COMMAND
                differ.append("another command was requested")
        return Comparison(odds, tuple(agree), tuple(differ))


def _plain_name(account: str) -> str:
    """The name of an account without the domain of a directory (`CORP\\alice`, `alice@corp.example`), which clients may leave
    out."""
    return account.rpartition("\\")[2].partition("@")[0].casefold()


class Comparison(NamedTuple):
    """The factor of the odds, and the signs that agree and that differ, in words."""

    odds: float
    agree: tuple[str, ...]
    differ: tuple[str, ...]

    def weigh(self, confidence: float) -> float:
        """The confidence of two ends with these signs, from that without."""
        if self.odds == 1 or not 0 < confidence < 1:
            return confidence
        odds = confidence / (1 - confidence) * self.odds
        weighed = odds / (1 + odds)
        return max(confidence, min(weighed, MOST)) if self.odds > 1 else weighed

    def words(self) -> str:
        """What is added to the reason of a join."""
        same = " and ".join(sign.partition(" ")[0] for sign in self.agree)
        return "; ".join(([f"the same {same} on both hosts"] if same else []) + list(self.differ))


_NOTHING = Comparison(1.0, (), ())
NO_SIGNS = Signs()


def add_own_addresses(ends: Ends, signs: Signs) -> None:
    """Add the addresses at which servers say that they accepted connections to those of their hosts."""
    for group in ends.into:
        for end in group.ends:
            visit = signs.visits.get(end.endpoint)
            own = own_address(visit.local_ip) if visit is not None else None
            if own is not None:
                ends.bound.setdefault(end.host, set()).add(own)


class AccountMatch(NamedTuple):
    """Two ends that share a command which no other end has."""

    opened: End
    accepted: End
    port: int


def identify(ends: Ends, signs: Signs, known: Owners) -> list[AccountMatch]:
    """The pairs of ends on two hosts that only their commands identify: one connect and one accept have the command, it is not
    a short one, and nothing contradicts it."""
    out: dict[str, list[tuple[Group, End]]] = {}
    into: dict[str, list[tuple[Group, End]]] = {}
    for group in ends.out:
        for end in group.ends:
            request = signs.requests.get(end.process)
            if request is not None and request.command and len(request.command) >= _SHORT and group.ip != LOOPBACK:
                out.setdefault(request.command, []).append((group, end))
    for group in ends.into:
        for end in group.ends:
            visit = signs.visits.get(end.endpoint)
            for command in set(visit.every_command) & out.keys() if visit is not None else ():
                into.setdefault(command, []).append((group, end))
    found = []
    for command, accepted in sorted(into.items()):
        if len(accepted) == len(out[command]) == 1:
            (client, connect), (server, accept) = out[command][0], accepted[0]
            if _may_be_one(client, server, known) and not signs.compare(connect, accept).differ:
                found.append(AccountMatch(connect, accept, client.port or 0))
    return found


def _may_be_one(client: Group, server: Group, known: Owners) -> bool:
    same_port = server.port is None or server.port == client.port
    return same_port and client.host != server.host and known.may_join(client, server)
