"""The worker threads for the queue of alerts. If one is killed no alert is lost: its alert goes back into the queue.

They run in the process that answers requests, or in processes beside it (`provenance.service.workers.processes`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import NamedTuple

from provenance.alerts.aliases import resolve_host
from provenance.alerts.record import COMMAND, AlertRecord, State
from provenance.alerts.results import ResultChange
from provenance.errors import Stopped, StoreError, StoreUnreachable
from provenance.investigation import investigate as investigation
from provenance.investigation.anchoring import stored_candidates
from provenance.investigation.investigate import Investigation
from provenance.service.alerts import queue
from provenance.service.alerts.queue import Outcome
from provenance.service.jobs.servers import Servers
from provenance.service.service import Service
from provenance.service.tracing import changes
from provenance.service.tracing.alert_traces import AlertTraces, StoredPair
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.snapshot import HostSnapshot
from provenance.service.workers.keeper import Keeper
from provenance.service.workers.traces import StartedWork
from provenance.store.documents import Document
from provenance.store.fingerprint import Fingerprint, fingerprint
from provenance.trace.slice.budget import Budget

_LOG = logging.getLogger("provenance.service")
_POLL_S = 1.0
_LAST_S = 5.0
"""The longest wait, at a stop, for a query that has begun (seconds)."""
_MOST_CHANGES = 50
"""The most differences by later logs that an alert's record holds, the last ones."""
AlertHook = Callable[[Service, Document, Investigation], None]
"""Called after the investigation of an alert, before its result is stored. It may raise StoreError, and is then called again."""


class FinishedAlert(NamedTuple):
    """The end of work on an alert: its state, the duration, and the origin of an alert that was worked on for the first time."""

    state: State
    seconds: float
    origin: str = ""


FinishedListener = Callable[[FinishedAlert], None]
"""Receives each alert whose work has ended."""


class WakeSignal:
    """A signal that wakes the threads that wait for work, after something was put into a queue."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._listeners: list[Callable[[], None]] = []
        self.count = 0

    def forward_to(self, listener: Callable[[], None]) -> None:
        """Calls a listener too, whenever the signal is sent."""
        self._listeners.append(listener)

    def send(self) -> None:
        """Sends the signal."""
        with self._condition:
            self.count += 1
            self._condition.notify_all()
        for listener in self._listeners:
            listener()

    def wait(self, count: int, seconds: float) -> None:
        """Waits until the signal was sent more often than `count` times, or for some seconds."""
        with self._condition:
            self._condition.wait_for(lambda: self.count != count, seconds)


class Worker:
    """Works on the queues of a service until it is stopped. With `on_finished`, another process maintains the queue of alerts,
    and the listener receives the finished ones."""

    def __init__(
        self,
        service: Service,
        wake_signal: WakeSignal,
        hooks: tuple[AlertHook, ...] = (),
        on_finished: FinishedListener | None = None,
    ) -> None:
        self._service, self._wake_signal, self._hooks = service, wake_signal, hooks
        self._servers = Servers()
        self._keeper = Keeper(service, self._servers, self._leased_keys, wake_signal.send)
        self._on_finished = on_finished
        self._stopping = threading.Event()
        self._brake = Brake(None)
        self._take_lock = threading.Lock()
        self._busy: dict[str, Document] = {}
        budget = Budget(service.settings.trace_nodes, service.settings.trace_edges)
        self._traces = AlertTraces(service.store.documents, service.clock, budget)
        self._started = StartedWork(service, self._servers.id, self._take_lock)
        self._threads: dict[Callable[[], bool], list[threading.Thread]] = {self._step: [], self._started.step: []}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Works while the context lasts."""
        self._servers.begin(self._service.documents)
        keeper = threading.Thread(target=self._maintain, name="keeper", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            self._stop(keeper)

    @contextmanager
    def _leased_keys(self) -> Iterator[frozenset[str]]:
        """The keys of the documents that this server works on; it takes no others while the context lasts."""
        with self._take_lock:
            yield frozenset(self._busy) | self._started.leased_keys()

    def count_finished(self, finished: FinishedAlert) -> None:
        """Counts a finished alert in the metrics, of this process or of a process that works for it."""
        self._service.metrics.finished.labels(finished.state.value).inc()
        self._service.metrics.investigation.observe(finished.seconds)
        if finished.origin == COMMAND:
            # A command put the alert into the store; this service did not receive it.
            self._service.metrics.received.labels(COMMAND).inc()

    def process_died(self) -> None:
        """Makes the keeper look at once for the alerts of a dead process."""
        self._keeper.look_for_orphans()

    def _maintain(self) -> None:
        """Maintains the queue and the threads: a thread that ended by an internal error is started again."""
        while not self._stopping.is_set():
            self._start_threads()
            try:
                if self._on_finished is None:
                    self._keeper.tick()
                else:
                    self._keeper.tick_of_helper()
            except StoreError as error:
                _LOG.error("store error while maintaining the queue", extra={"why": str(error)})
            self._stopping.wait(_POLL_S)

    def _start_threads(self) -> None:
        with self._take_lock:
            for step, threads in self._threads.items():
                threads[:] = [thread for thread in threads if thread.is_alive()]
                while len(threads) < self._service.settings.workers and not self._stopping.is_set():
                    thread = threading.Thread(target=self._loop, args=(step,), name="worker", daemon=True)
                    thread.start()
                    threads.append(thread)

    def _stop(self, keeper: threading.Thread) -> None:
        self._stopping.set()
        self._started.stop()
        self._wake_signal.send()
        with self._take_lock:
            threads = [keeper, *(thread for some in self._threads.values() for thread in some)]
        _join(threads, self._service.settings.stop_s)
        documents = self._service.documents
        with suppress(StoreError), self._take_lock:
            for document in list(self._busy.values()):
                queue.put_back(documents, document, counted=False)
            self._started.put_back()
            self._servers.end(documents)
        # The store is closed next: no thread may use it then.
        self._brake.stop()
        _join(threads, _LAST_S)

    def _loop(self, step: Callable[[], bool]) -> None:
        while not self._stopping.is_set():
            count = self._wake_signal.count
            try:
                worked = step()
            except StoreError as error:
                _LOG.error("store error in a worker", extra={"why": str(error)})
                worked = False
            if not worked:
                self._wake_signal.wait(count, _POLL_S)

    def _step(self) -> bool:
        with self._take_lock:
            leased = None if self._stopping.is_set() else queue.take(self._service.documents, self._servers.id)
            if leased is None:
                return False
            self._busy[leased.key] = leased
        record = AlertRecord.of(leased)
        outcome = Outcome(State.FAILED, replace(record, reason="internal error: see the log of the service"))
        begin = time.monotonic()
        try:
            outcome = self._outcome(leased, record)
        finally:
            self._store_outcome(leased, outcome, FinishedAlert(outcome.state, time.monotonic() - begin, record.origin))
        return True

    def _store_outcome(self, leased: Document, outcome: Outcome, finished: FinishedAlert) -> None:
        try:
            written = queue.finish(self._service.documents, leased, outcome)
        finally:
            self._busy.pop(leased.key, None)
        if written:
            (self._on_finished or self.count_finished)(finished)
            fields = {"alert": leased.key, "state": finished.state.value, "s": finished.seconds}
            _LOG.info("work on an alert ended", extra=fields)

    def _outcome(self, leased: Document, record: AlertRecord) -> Outcome:
        """The result of work on an alert. After an error of the store the alert goes back into the queue."""
        try:
            # The command that submitted an alert does not know the service's table of host aliases.
            alert = resolve_host(record.alert, self._service.alerts.aliases)
            return self._investigate(leased, replace(record, alert=alert))
        except Stopped:
            return Outcome(State.QUEUED, record, counted=False)
        except StoreError as error:
            _LOG.error("store error during work on an alert", extra={"alert": leased.key, "why": str(error)})
            self._stopping.wait(_POLL_S)
            return Outcome(State.QUEUED, record, counted=not isinstance(error, StoreUnreachable))

    def _investigate(self, leased: Document, record: AlertRecord) -> Outcome:
        store = HostSnapshot(self._service.store, self._brake)
        state = fingerprint(store.hosts())
        anchor = investigation.anchor(store, record.alert, record.received)
        if isinstance(anchor, investigation.Unanchored):
            return self._unanchored(record, anchor, state)
        pair = self._traces.traces_from(store, anchor, state)
        result = investigation.concluded(store, record.alert, anchor, (pair.backward, pair.forward))
        for hook in self._hooks:
            hook(replace(self._service, store=store), leased, result)
        return Outcome(State.DONE, self._with_result(record, result, pair, state))

    def _with_result(
        self, record: AlertRecord, result: Investigation, pair: StoredPair, state: Fingerprint
    ) -> AlertRecord:
        both, now = (result.backward, result.forward), self._service.clock()
        summary = changes.summary(both)
        differences = changes.changes(record.summary, summary)
        log = [*record.changes, *(ResultChange(now, text) for text in differences)]
        return replace(
            record,
            reason=None,
            candidates=stored_candidates(result.anchoring),
            verdict=result.verdict,
            backtrack=pair.backward_key,
            forward=pair.forward_key,
            summary=summary,
            computed=now,
            computed_from=state.basis(changes.hosts_of(both)),
            changes=tuple(log[-_MOST_CHANGES:]),
        )

    def _unanchored(self, record: AlertRecord, failure: investigation.Unanchored, state: Fingerprint) -> Outcome:
        now = self._service.clock()
        waited_h = (now - record.received) / 3_600_000
        record = replace(record, candidates=())
        if failure.wait and waited_h < self._service.settings.wait_for_log_h:
            computed_from = state.basis(failure.hosts)
            return Outcome(State.WAITING, replace(record, reason=failure.reason, computed_from=computed_from))
        reason = f"{failure.reason}; the alert waited {waited_h:.0f} h for the log" if failure.wait else failure.reason
        beginnings = None if failure.final else state.beginnings()
        return Outcome(State.FAILED, replace(record, reason=reason, beginnings=beginnings, computed=now))


def _join(threads: Iterable[threading.Thread], seconds: float) -> None:
    """Waits for threads to end, for some seconds in all."""
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0.0))
