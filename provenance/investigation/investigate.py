"""The investigation of one alert: its anchor, its traces and the verdict; or why it has no anchor, and whether to wait for
more of the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from provenance.alerts.alert import Alert
from provenance.errors import NothingFound, UsageError
from provenance.ingest.clock import at_ms, ms_of, rfc3339
from provenance.investigation.anchoring import Anchoring, alert_ms, anchoring
from provenance.investigation.candidates.hosts import places
from provenance.investigation.candidates.statement import statement_of
from provenance.investigation.verdict import verdict
from provenance.store.interface import Direction, HostSummary, Store
from provenance.text.counts import counted
from provenance.text.escape import cut, visible
from provenance.trace.result import Slice, Trace
from provenance.trace.slice.anchor import Anchor
from provenance.trace.slice.budget import Budget
from provenance.trace.story.incident_material import IncidentMaterial
from provenance.trace.surroundings import skews_of
from provenance.trace.trace import merged, trace

Forward = Callable[[Mapping[int, int]], Trace]
"""Makes the forward trace from entities and the moments from which it follows them."""
_GRACE_MS = 60_000
"""How far a log must continue past an alert before an event that it does not hold counts as missing, because clocks
differ."""
_COLUMNS = 80
_CLOCKS_MS = 2_000
"""How far two clocks may differ without consequence."""


@dataclass(frozen=True, slots=True)
class Investigation:
    """An alert with its anchor, its traces and its verdict."""

    alert: Alert
    anchoring: Anchoring
    backward: Trace
    forward: Trace | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Unanchored:
    """An alert that nothing in the store matches, and why. `wait`: the log with a match may still be ingested; `final`: no
    log can hold a match; `hosts`: the hosts whose logs were searched."""

    reason: str
    wait: bool
    final: bool = False
    hosts: tuple[str, ...] = ()


def anchor(store: Store, alert: Alert, received_ms: int) -> Anchoring | Unanchored:
    """The anchor of an alert. `received_ms` (ms since the epoch) replaces the time of an alert that has none."""
    try:
        return anchoring(store, alert)
    except UsageError as error:
        return Unanchored(str(error), wait=False, final=True)
    except NothingFound as error:
        return _missing(store, alert, str(error), received_ms)


def start_of(found: Anchoring) -> Mapping[int, int]:
    """The entities that the backward trace starts from, with their bounds."""
    return merged(found.best(), Direction.BACKWARD)


def traces(
    store: Store, found: Anchoring, budget: Budget, known: Forward | None = None, shared: IncidentMaterial | None = None
) -> tuple[Trace, Trace | None]:
    """The backward trace from an anchor, and the forward trace from the most probable way in (None without one). `known`
    replaces the making of the forward trace, for alerts of one incident that share it; `shared` is as in `trace`."""
    forward = known or (lambda start: forward_from(store, start, budget))
    at = None if found.at_ms is None else at_ms(found.at_ms)
    made: list[Trace] = []

    def forward_slice(start: Mapping[int, int]) -> Slice:
        made.append(forward(start))
        return made[0].slice

    with store.snapshot():
        backward = trace(store, Direction.BACKWARD, found.best(), at, {}, budget, forward_slice, shared=shared)
    return backward, made[0] if made else None


def forward_from(store: Store, start: Mapping[int, int], budget: Budget) -> Trace:
    """The forward trace from the ways in of one peer. `start` holds the entities that the peer entered through, with the
    moment of each."""
    moment, id = min((moment, id) for id, moment in start.items())
    gate = store.nodes([id])[id]
    return trace(store, Direction.FORWARD, [Anchor(start, gate, moment)], moment, {}, budget, separate=False)


def concluded(store: Store, alert: Alert, found: Anchoring, pair: tuple[Trace, Trace | None]) -> Investigation:
    """The investigation of an alert from its finished backward and forward trace."""
    backward, forward = pair
    text = verdict(backward, forward, found.at_ms, skews_of(store.hosts())) + _end_of_log(store, found)
    return Investigation(alert, found, backward, forward, text)


def _end_of_log(store: Store, found: Anchoring) -> str:
    """A sentence that says that a log ends before the alert, so that more may still come; else nothing."""
    hosts = {anchor.node.host for anchor in found.best()}
    reached = {summary.host: ms_of(summary.last) for summary in store.hosts() if summary.host in hosts}
    late = sorted(host for host, ms in reached.items() if found.at_ms is not None and ms < found.at_ms - _CLOCKS_MS)
    if not late:
        return ""
    end = rfc3339(min(reached[host] for host in late))
    if len(late) == 1:
        return f" The log of {visible(late[0])} ends at {end} so far, before this alert."
    return (
        f" The logs of {counted(len(late), 'host')}, the shortest of which ends at {end} so far, end before this alert."
    )


def _missing(store: Store, alert: Alert, why: str, received_ms: int) -> Unanchored:
    time = alert_ms(alert)
    when = received_ms if time is None else time
    summaries = store.hosts()
    known = _possible_hosts(store, alert, summaries)
    if not known:
        host = alert.fields.host
        logs = "no log" if host is None else f"no log of host {cut(visible(host), _COLUMNS)}"
        return Unanchored(f"{logs} has been ingested yet; {why}", wait=True)
    hosts = tuple(summary.host for summary in known)
    reached = max(ms_of(summary.last) for summary in known)
    log = (
        f"the log of {visible(hosts[0])} ends" if len(hosts) == 1 else f"the logs of {counted(len(hosts), 'host')} end"
    )
    if reached >= when + _GRACE_MS:
        return Unanchored(f"{why}; {log} at {rfc3339(reached)}, well after the alert", wait=False, hosts=hosts)
    return Unanchored(f"{why}; {log} at {rfc3339(reached)} so far", wait=True, hosts=hosts)


def _possible_hosts(store: Store, alert: Alert, summaries: Sequence[HostSummary]) -> list[HostSummary]:
    """The recorded hosts that an alert may be about."""
    try:
        hosts = {place.host for place in places(store, statement_of(alert))}
    except NothingFound:
        return []
    return [summary for summary in summaries if None in hosts or summary.host in hosts]
