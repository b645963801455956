"""Refusals: the logins that a server refused to a peer before it let him in. Many of them are how he came in: he guessed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from provenance.ingest.clock import at_ms, ms_of
from provenance.ingest.facts import FlowKind, Note
from provenance.store.interface import Store
from provenance.text.accounts import account
from provenance.text.addresses import may_be_another_machine
from provenance.text.counts import counted
from provenance.text.escape import visible
from provenance.trace.result import Entry, Slice, Step, TraceEdge

_BEFORE_MS = 86_400_000
"""How long before a login refusals count as its beginning."""
_MOST_NOTES = 50_000
"""The most records of user space that are looked at, from the first on."""
_LOGINS = frozenset(("USER_AUTH", "USER_LOGIN", "USER_ACCT", "USER_ERR"))
_REFUSED = re.compile(
    r"(?:.* )?exe=(?P<exe>\S+)(?: hostname=\S+)? addr=(?P<ip>\S+)(?: .*)? res=(?:failed|0|no)", re.DOTALL
)
_ACCOUNT = re.compile(r"(?:.*? )?acct=(?P<name>.+?) exe=", re.DOTALL)
_NAMED = 2
"""The most accounts that are named."""
_RANK = 1


class _Refusal(NamedTuple):
    """One record of a refused login."""

    moment: int
    type: str
    account: str
    subject: int | None


def refusals(store: Store, slice_: Slice, ways: Sequence[Entry]) -> list[Step]:
    """A step for each program that had refused logins of the peer by which the best way in logged in, in order of time. Raises
    StoreError."""
    best = ways[0]
    peer = slice_.nodes.get(best.node)
    ip = "" if peer is None else str(peer.attributes.get("ip") or peer.attributes.get("address") or "")
    if peer is None or not may_be_another_machine(ip) or not _logged_in(slice_, ip):
        return []
    found: dict[str, list[_Refusal]] = defaultdict(list)
    for program, refusal in _refused(store, peer.host, ip, best.moment):
        found[program].append(refusal)
    steps = [(_step(peer.id, peer.host, ip, program, known), known[0].subject) for program, known in found.items()]
    senders = store.nodes({subject for _, subject in steps if subject is not None}) if steps else {}
    known_senders = [(step, senders.get(subject or 0)) for step, subject in steps]
    named = [
        step if sender is None else replace(step, account=account(sender, step.moment))
        for step, sender in known_senders
    ]
    return sorted(named, key=lambda step: step.moment)


def _logged_in(slice_: Slice, ip: str) -> bool:
    """Whether somebody logged in from an address."""
    logins: Iterator[TraceEdge] = (edge for edge in slice_.edges if edge.kind is FlowKind.LOGGED_IN)
    ends = (slice_.nodes[id].attributes for edge in logins for id in (edge.source, edge.target))
    return any(ip in (end.get("ip"), end.get("address")) for end in ends)


def _refused(store: Store, host: str, ip: str, until: int) -> Iterator[tuple[str, _Refusal]]:
    since = at_ms(ms_of(until) - _BEFORE_MS)
    for note in islice(store.notes(host, since, until), _MOST_NOTES):
        known = _REFUSED.fullmatch(note.text) if note.type in _LOGINS else None
        if known is not None and known["ip"] == ip:
            yield known["exe"].rpartition("/")[2], _Refusal(note.moment, note.type, _account(note), note.subject)


def _account(note: Note) -> str:
    found = _ACCOUNT.match(note.text)
    return found["name"] if found is not None else ""


def _step(peer: int, host: str, ip: str, program: str, found: Sequence[_Refusal]) -> Step:
    """The refusals of one program as one step. Several records can report one login, each type once."""
    types = Counter(one.type for one in found)
    type, times = types.most_common(1)[0]
    counts = Counter(one.account for one in found if one.type == type and one.account)
    names = [visible(name) for name, _ in counts.most_common(_NAMED)]
    names += [counted(len(counts) - _NAMED, "other account")] if len(counts) > _NAMED else []
    of = f" of {', '.join(names[:-1])}{' and ' if len(names) > 1 else ''}{names[-1]}" if names else ""
    text = f"{visible(program)} refuses {counted(times, 'login')}{of} from {visible(ip)}"
    first, last = min(one.moment for one in found), max(one.moment for one in found)
    return Step(first, host, peer, None, text, until=last if times > 1 else None, rank=_RANK)
