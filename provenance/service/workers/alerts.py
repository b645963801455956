"""The threads that work on the queue. Nothing is lost when they are killed: what one held goes back into the queue.

They are threads of the process that serves, or of processes beside it (`provenance.service.workers.processes`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import NamedTuple

from provenance.alerts.aliases import resolved
from provenance.alerts.record import COMMAND, AlertRecord, State
from provenance.errors import Stopped, StoreError, StoreUnreachable
from provenance.investigation import investigate as investigation
from provenance.investigation.anchoring import document
from provenance.investigation.investigate import Investigation
from provenance.service.alerts import queue
from provenance.service.alerts.queue import Outcome
from provenance.service.jobs.servers import Servers
from provenance.service.service import Service
from provenance.service.tracing import changes
from provenance.service.tracing.alert_traces import AlertTraces, StoredPair
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.snapshot import ReadOnce
from provenance.service.workers.keeper import Keeper
from provenance.service.workers.traces import StartedWork
from provenance.store.documents import Document
from provenance.store.fingerprint import Fingerprint, fingerprint
from provenance.trace.budget import Budget

_LOG = logging.getLogger("provenance.service")
_POLL_S = 1.0
_LAST_S = 5.0
"""How long a question to the store that was begun may still take when work is stopped."""
_CHANGES = 50
"""Differences by later logs that an alert's record holds, the last ones."""
AfterDone = Callable[[Service, Document, Investigation], None]
"""Called when an alert is done, before it is written down: may raise StoreError, and is called again then."""


class Finished(NamedTuple):
    """Work on an alert that came to an end, how long it took, and the origin of an alert that is worked on for the first time."""

    state: State
    seconds: float
    origin: str = ""


Told = Callable[[Finished], None]
"""Is told of what is finished."""


class Bell:
    """Rung when there is something in the queue: those who wait for it look at once."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._others: list[Callable[[], None]] = []
        self.rung = 0

    def also(self, ring: Callable[[], None]) -> None:
        """Ring something else too, whenever this is rung."""
        self._others.append(ring)

    def ring(self) -> None:
        """There is something."""
        with self._condition:
            self.rung += 1
            self._condition.notify_all()
        for ring in self._others:
            ring()

    def wait(self, rung: int, seconds: float) -> None:
        """Wait until it was rung more often than `rung`, or for some seconds."""
        with self._condition:
            self._condition.wait_for(lambda: self.rung != rung, seconds)


class Worker:
    """Works on the queue of a service until it is stopped. With `told`, somebody else looks after the queue and is told of
    what is finished."""

    def __init__(
        self, service: Service, bell: Bell, after_done: tuple[AfterDone, ...] = (), told: Told | None = None
    ) -> None:
        self._service, self._bell, self._after_done = service, bell, after_done
        self._servers = Servers()
        self._keeper = Keeper(service, self._servers, self._held, bell.ring)
        self._told = told
        self._stopping = threading.Event()
        self._brake = Brake(None)
        self._taking = threading.Lock()
        self._busy: dict[str, Document] = {}
        budget = Budget(service.settings.trace_nodes, service.settings.trace_edges)
        self._traces = AlertTraces(service.store.documents, service.clock, budget)
        self._started = StartedWork(service, self._servers.id, self._taking)
        self._threads: dict[Callable[[], bool], list[threading.Thread]] = {self._step: [], self._started.step: []}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Work while the context lasts."""
        self._servers.begin(self._service.documents)
        keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            self._stop(keeper)

    @contextmanager
    def _held(self) -> Iterator[frozenset[str]]:
        """The keys of what this server works on; nothing is taken while the context lasts."""
        with self._taking:
            yield frozenset(self._busy) | self._started.held()

    def finished(self, finished: Finished) -> None:
        """Something was finished, here or by a process that works for this one."""
        self._service.metrics.finished.labels(finished.state.value).inc()
        self._service.metrics.investigation.observe(finished.seconds)
        if finished.origin == COMMAND:
            # It came in past this service, which sees it now.
            self._service.metrics.received.labels(COMMAND).inc()

    def lost(self) -> None:
        """A process that worked for this one has died: what it held is looked for at once."""
        self._keeper.look_again()

    def _keep(self) -> None:
        """Look after the queue and the threads: one that ended by an error of ours is started anew."""
        while not self._stopping.is_set():
            self._start_threads()
            try:
                if self._told is None:
                    self._keeper.tick()
                else:
                    self._keeper.tick_beside_another()
            except StoreError as error:
                _LOG.error("the queue cannot be looked after", extra={"why": str(error)})
            self._stopping.wait(_POLL_S)

    def _start_threads(self) -> None:
        with self._taking:
            for step, threads in self._threads.items():
                threads[:] = [thread for thread in threads if thread.is_alive()]
                while len(threads) < self._service.settings.workers and not self._stopping.is_set():
                    thread = threading.Thread(target=self._loop, args=(step,), name="worker", daemon=True)
                    thread.start()
                    threads.append(thread)

    def _stop(self, keeper: threading.Thread) -> None:
        self._stopping.set()
        self._started.stop()
        self._bell.ring()
        with self._taking:
            threads = [keeper, *(thread for some in self._threads.values() for thread in some)]
        _join(threads, self._service.settings.stop_s)
        documents = self._service.documents
        with suppress(StoreError), self._taking:
            for document in list(self._busy.values()):
                queue.put_back(documents, document, counted=False)
            self._started.put_back()
            self._servers.end(documents)
        # Whoever closes the store must not do so under threads that use it.
        self._brake.stop()
        _join(threads, _LAST_S)

    def _loop(self, step: Callable[[], bool]) -> None:
        while not self._stopping.is_set():
            rung = self._bell.rung
            try:
                took = step()
            except StoreError as error:
                _LOG.error("the store failed the worker", extra={"why": str(error)})
                took = False
            if not took:
                self._bell.wait(rung, _POLL_S)

    def _step(self) -> bool:
        with self._taking:
            taken = None if self._stopping.is_set() else queue.take(self._service.documents, self._servers.id)
            if taken is None:
                return False
            self._busy[taken.key] = taken
        record = AlertRecord.of(taken)
        outcome = Outcome(State.FAILED, replace(record, reason="an error of ours; the log of the service says which"))
        begun = time.monotonic()
        try:
            outcome = self._outcome(taken, record)
        finally:
            self._write_down(taken, outcome, Finished(outcome.state, time.monotonic() - begun, record.origin))
        return True

    def _write_down(self, taken: Document, outcome: Outcome, finished: Finished) -> None:
        try:
            written = queue.finish(self._service.documents, taken, outcome)
        finally:
            self._busy.pop(taken.key, None)
        if written:
            (self._told or self.finished)(finished)
            about = {"alert": taken.key, "state": finished.state.value, "s": finished.seconds}
            _LOG.info("an alert was worked on", extra=about)

    def _outcome(self, taken: Document, record: AlertRecord) -> Outcome:
        """What becomes of an alert. The store failing is nobody's fault: it goes back into the queue."""
        try:
            # What a command submitted knows nothing of the service's table of hosts.
            alert = resolved(record.alert, self._service.alerts.aliases)
            return self._investigated(taken, replace(record, alert=alert))
        except Stopped:
            return Outcome(State.QUEUED, record, counted=False)
        except StoreError as error:
            _LOG.error("an alert waits for the store", extra={"alert": taken.key, "why": str(error)})
            self._stopping.wait(_POLL_S)
            return Outcome(State.QUEUED, record, counted=not isinstance(error, StoreUnreachable))

    def _investigated(self, taken: Document, record: AlertRecord) -> Outcome:
        store = ReadOnce(self._service.store, self._brake)
        state = fingerprint(store.hosts())
        found = investigation.anchor(store, record.alert, record.received)
        if isinstance(found, investigation.Unanchored):
            return self._unanchored(record, found, state)
        pair = self._traces.of(store, found, state)
        whole = investigation.concluded(store, record.alert, found, (pair.backward, pair.forward))
        for act in self._after_done:
            act(replace(self._service, store=store), taken, whole)
        return Outcome(State.DONE, self._findings(record, whole, pair, state))

    def _findings(self, record: AlertRecord, whole: Investigation, pair: StoredPair, state: Fingerprint) -> AlertRecord:
        both, now = (whole.backward, whole.forward), self._service.clock()
        summary = changes.summary(both)
        changed = changes.changes(record.summary, summary)
        log = [*record.changes, *({"time": now, "text": text} for text in changed)]
        return replace(
            record,
            reason=None,
            anchor=document(whole.anchoring),
            verdict=whole.verdict,
            backtrack=pair.backward_key,
            forward=pair.forward_key,
            summary=summary,
            computed=now,
            computed_from=state.basis(changes.hosts_of(both)),
            changes=tuple(log[-_CHANGES:]),
        )

    def _unanchored(self, record: AlertRecord, found: investigation.Unanchored, state: Fingerprint) -> Outcome:
        now = self._service.clock()
        waited_h = (now - record.received) / 3_600_000
        record = replace(record, anchor={"candidates": []})
        if found.wait and waited_h < self._service.settings.wait_for_log_h:
            computed_from = state.basis(found.hosts)
            return Outcome(State.WAITING, replace(record, reason=found.reason, computed_from=computed_from))
        reason = f"{found.reason}; it waited {waited_h:.0f} h" if found.wait else found.reason
        begun = None if found.final else state.beginnings()
        return Outcome(State.FAILED, replace(record, reason=reason, beginnings=begun, computed=now))


def _join(threads: Iterable[threading.Thread], seconds: float) -> None:
    """Wait for threads to end, all in all for some seconds."""
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0.0))
