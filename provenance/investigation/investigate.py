"""What becomes of one alert: its anchor, its traces and the verdict; or why there is none, and whether to wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from provenance.errors import NothingFound, UsageError
from provenance.ingest.clock import at_ms, ms_of, rfc3339
from provenance.investigation.anchoring import Anchoring, alert_ms, anchoring, named_host
from provenance.investigation.candidates.hosts import places
from provenance.investigation.candidates.statement import statement_of
from provenance.investigation.verdict import verdict
from provenance.store.interface import Alert, Direction, HostSummary, Store
from provenance.text.escape import cut, visible
from provenance.trace.anchor import Anchor
from provenance.trace.budget import Budget
from provenance.trace.result import Slice, Trace
from provenance.trace.surroundings import skews_of
from provenance.trace.trace import merged, trace

Forward = Callable[[Mapping[int, int]], Trace]
"""From where a forward trace starts to the trace."""
_GRACE_MS = 60_000
"""How far a log must have gone past an alert before what it does not hold counts as not there: clocks differ."""
_COLUMNS = 80
_CLOCKS_MS = 2_000
"""How far clocks may differ for nothing."""


@dataclass(frozen=True, slots=True)
class Investigation:
    """An alert that is anchored and traced."""

    alert: Alert
    anchoring: Anchoring
    backward: Trace
    forward: Trace | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Unanchored:
    """An alert that speaks of nothing in the store. `wait`: its log may still come; `final`: no log can change that;
    `hosts`: those whose logs were looked at."""

    reason: str
    wait: bool
    final: bool = False
    hosts: tuple[str, ...] = ()


def anchor(store: Store, alert: Alert, received_ms: int) -> Anchoring | Unanchored:
    """What an alert speaks of. `received_ms` stands for the time of one that has none."""
    try:
        return anchoring(store, alert)
    except UsageError as error:
        return Unanchored(str(error), wait=False, final=True)
    except NothingFound as error:
        return _missing(store, alert, str(error), received_ms)


def start_of(found: Anchoring) -> Mapping[int, int]:
    """The entities with their bounds that the backward trace starts from."""
    return merged(found.best(), Direction.BACKWARD)


def traces(store: Store, found: Anchoring, budget: Budget, known: Forward | None = None) -> tuple[Trace, Trace | None]:
    """The way in, and everything reached from the most probable one. `known` gives forward traces that are there
    already: alerts of one incident have one in common."""
    forward = known or (lambda start: forward_from(store, start, budget))
    at = None if found.at_ms is None else at_ms(found.at_ms)
    begun: list[Trace] = []

    def ahead(start: Mapping[int, int]) -> Slice:
        begun.append(forward(start))
        return begun[0].slice

    backward = trace(store, Direction.BACKWARD, found.best(), at, {}, budget, ahead)
    return backward, begun[0] if begun else None


def forward_from(store: Store, start: Mapping[int, int], budget: Budget) -> Trace:
    """The forward trace from the ways in of one peer: entities with their moments."""
    moment, id = min((moment, id) for id, moment in start.items())
    gate = store.nodes([id])[id]
    return trace(store, Direction.FORWARD, [Anchor(start, gate, moment)], moment, {}, budget)


def concluded(store: Store, alert: Alert, found: Anchoring, pair: tuple[Trace, Trace | None]) -> Investigation:
    """The investigation that a pair of traces gives for an alert."""
    backward, forward = pair
    said = verdict(backward, forward, found.at_ms, skews_of(store.hosts())) + _behind(store, found)
    return Investigation(alert, found, backward, forward, said)


def _behind(store: Store, found: Anchoring) -> str:
    """That a log has not come as far as the alert: what it speaks of may still come."""
    hosts = {anchor.node.host for anchor in found.best()}
    reached = {summary.host: ms_of(summary.last) for summary in store.hosts() if summary.host in hosts}
    late = sorted(host for host, ms in reached.items() if found.at_ms is not None and ms < found.at_ms - _CLOCKS_MS)
    if not late:
        return ""
    names = visible(late[0]) if len(late) == 1 else f"{len(late)} hosts"
    return f" The log of {names} goes to {rfc3339(min(reached[host] for host in late))} so far, not to this alert."


def _missing(store: Store, alert: Alert, why: str, received_ms: int) -> Unanchored:
    time = alert_ms(alert)
    when = received_ms if time is None else time
    summaries = store.hosts()
    known = _meant(store, alert, summaries)
    if not known:
        host = named_host(alert.body)
        said = "no log has come yet" if host is None else f"no log of host {cut(visible(host), _COLUMNS)} has come yet"
        return Unanchored(f"{said}; {why}", wait=True)
    hosts = tuple(summary.host for summary in known)
    reached = max(ms_of(summary.last) for summary in known)
    names = visible(hosts[0]) if len(hosts) == 1 else f"{len(hosts)} hosts"
    if reached >= when + _GRACE_MS:
        past = f"{why}; the log of {names} goes on to {rfc3339(reached)}, well past the alert"
        return Unanchored(past, wait=False, hosts=hosts)
    return Unanchored(f"{why}; the log of {names} goes to {rfc3339(reached)} so far", wait=True, hosts=hosts)


def _meant(store: Store, alert: Alert, summaries: Sequence[HostSummary]) -> list[HostSummary]:
    """The recorded hosts that an alert may speak of."""
    try:
        hosts = {place.host for place in places(store, statement_of(alert))}
    except NothingFound:
        return []
    return [summary for summary in summaries if None in hosts or summary.host in hosts]
