"""The keeper of the queues: puts back the work of dead servers, the alerts whose log has come, and the results that later logs
change."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import takewhile

from provenance.alerts import hashes
from provenance.alerts.aliases import resolve_host
from provenance.alerts.record import KIND, AlertRecord, State, every
from provenance.errors import InputError, UsageError
from provenance.service.alerts import queue
from provenance.service.alerts.retracing import retrace
from provenance.service.incidents import storage as incidents
from provenance.service.jobs.lease import Lease
from provenance.service.jobs.servers import Servers
from provenance.service.service import Service
from provenance.service.tracing import started_traces
from provenance.store.documents import Document, Documents
from provenance.store.fingerprint import Fingerprint, fingerprint

_LOG = logging.getLogger("provenance.service")
_BEAT_S, _ORPHANS_S, _LOGS_S, _NAMES_S = 10.0, 5.0, 1.0, 5.0
_PAUSE_FACTOR = 20
"""The least pause after a task, as a multiple of its duration."""
_LEAST_AGE_SHARE = 0.1
"""The least age of a result before it is computed again, as a share of the age that its alert then had."""
_HOUR_MS = 3_600_000


class Keeper:
    """The keeper of one server. `leased_keys` makes a context with the keys of the documents that the server works on, in which
    it takes no others; `wake` wakes the workers."""

    def __init__(
        self,
        service: Service,
        servers: Servers,
        leased_keys: Callable[[], AbstractContextManager[frozenset[str]]],
        wake: Callable[[], None],
    ) -> None:
        self._service, self._servers, self._leased_keys, self._wake = service, servers, leased_keys, wake
        self._due: dict[str, float] = {}
        self._logs_seen: Fingerprint | None = None
        self._computed: Fingerprint | None = None
        self._names_read = False
        self._names_seen: frozenset[tuple[str, ...]] | None = None
        self._prepared = False

    def look_for_orphans(self) -> None:
        """Makes the next tick look for the work of dead servers."""
        self._due["orphans"] = 0.0

    def tick(self) -> None:
        """Runs the tasks that are due. Raises StoreError."""
        documents = self._service.documents
        self._tick_of_server(documents)
        if not self._prepared:
            self._prepare(documents)
        self._when_due("names", _NAMES_S, lambda: self._follow_names(documents))
        self._when_due("logs", _LOGS_S, lambda: self._follow_logs(documents))

    def tick_of_helper(self) -> None:
        """Runs the tasks that are due in a helper process; the keeper of the main process maintains the queue of alerts. Raises
        StoreError."""
        self._tick_of_server(self._service.documents)
        self._when_due("names", _NAMES_S, self._has_new_names)

    def _prepare(self, documents: Documents) -> None:
        """Migrates what earlier versions stored; runs once in each server."""
        hashes.build_index(documents)
        incidents.update_ranks(documents)
        if retrace(documents):
            self._wake()
        self._prepared = True

    def _tick_of_server(self, documents: Documents) -> None:
        """The tasks of every server: its heartbeat, and the work of dead servers."""
        self._when_due("beat", _BEAT_S, lambda: self._servers.beat(documents))
        self._when_due("orphans", _ORPHANS_S, lambda: self._put_back_orphans(documents))

    def _when_due(self, what: str, every_s: float, act: Callable[[], object]) -> None:
        """Runs a task every `every_s` seconds, but only for a small share of the time, because it takes long in a large store."""
        if self._is_due(what, every_s):
            begin = time.monotonic()
            act()
            end = time.monotonic()
            self._due[what] = max(self._due[what], end + _PAUSE_FACTOR * (end - begin))

    def _is_due(self, what: str, every_s: float) -> bool:
        now = time.monotonic()
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + every_s
        return True

    def _put_back_orphans(self, documents: Documents) -> None:
        """Puts back the work of dead servers, and work of this server that no thread does."""
        with self._leased_keys() as own_keys:
            running = [
                *queue.LEASES.leased_documents(documents, KIND),
                *started_traces.LEASES.leased_documents(documents, started_traces.KIND),
            ]
        alive: dict[str, bool] = {self._servers.id: True}
        for document in running:
            owner = Lease.of(document).owner or ""
            if owner not in alive:
                alive[owner] = self._servers.is_alive(documents, owner)
            own = owner == self._servers.id
            if not alive[owner] or (own and document.key not in own_keys):
                _LOG.warning("orphaned work goes back into the queue", extra={"what": document.key, "server": owner})
                if document.kind == started_traces.KIND:
                    started_traces.put_back(documents, document)
                else:
                    queue.put_back(documents, document)
                self._wake()

    def _follow_logs(self, documents: Documents) -> None:
        """After new logs, or new names or addresses of hosts: tries waiting alerts again, and recomputes results that may
        change."""
        now = fingerprint(self._service.store.hosts())
        if now != self._logs_seen:
            self._logs_seen = now
            names = now.names()
            renamed, self._names_seen = names != self._names_seen, names
            self._try_waiting(
                documents,
                lambda record: now.outdates(record.computed_from) or (renamed and not record.computed_from.hosts),
            )
        elif self._is_due("waiting", 60.0):
            oldest = self._service.clock() - self._service.settings.wait_for_log_h * _HOUR_MS
            self._try_waiting(documents, lambda record: record.received <= oldest)
        if now != self._computed and self._is_due("recompute", self._service.settings.recompute_after_s):
            deferred = self._recompute(documents, now)
            self._computed = None if deferred else now

    def _has_new_names(self) -> bool:
        """Whether the table of host aliases has changed. An invalid file is logged."""
        try:
            return self._service.alerts.refresh()
        except (InputError, UsageError) as error:
            _LOG.error("invalid table of host aliases: the former table stays in use", extra={"why": str(error)})
            return False

    def _follow_names(self, documents: Documents) -> None:
        """After a change of the table of host aliases: puts the alerts whose host it changes into the queue again."""
        if not self._has_new_names() and self._names_read:
            return
        for state in (State.WAITING, State.FAILED, State.DONE):
            for document in every(documents, state):
                self._rename(documents, document)
        self._names_read = True

    def _rename(self, documents: Documents, document: Document) -> None:
        record = AlertRecord.of(document)
        alert = resolve_host(record.alert, self._service.alerts.aliases)
        if alert != record.alert:
            again = document.state == State.DONE.value
            if queue.put_back(documents, document, again=again, record=replace(record, alert=alert)):
                self._wake()

    def _try_waiting(self, documents: Documents, which: Callable[[AlertRecord], bool]) -> None:
        for document in every(documents, State.WAITING):
            if which(AlertRecord.of(document)) and queue.put_back(documents, document):
                self._wake()

    def _recompute(self, documents: Documents, now: Fingerprint) -> bool:
        """Puts the alerts whose logs have changed into the queue; whether some of them are not due yet."""
        beginnings = now.beginnings()
        deferred = False
        for state in (State.DONE, State.FAILED):
            for document in self._recent(documents, state):
                record = AlertRecord.of(document)
                changed = (
                    record.beginnings not in (None, beginnings)
                    if state is State.FAILED
                    else now.outdates(record.computed_from)
                )
                if changed and not self._is_old_enough(record):
                    deferred = True
                elif changed and queue.put_back(documents, document, again=True):
                    self._wake()
        return deferred

    def _is_old_enough(self, record: AlertRecord) -> bool:
        """Whether a result may be computed again. The older its alert, the longer the pause, because a log that grows steadily
        would otherwise keep all alerts in the queue."""
        computed = record.received if record.computed is None else record.computed
        age = (computed - record.received) * _LEAST_AGE_SHARE
        return self._service.clock() - computed >= max(self._service.settings.recompute_after_s * 1000, age)

    def _recent(self, documents: Documents, state: State) -> Iterator[Document]:
        """The alerts in a state that were received lately; they are the first in its order."""
        oldest = self._service.clock() - self._service.settings.recompute_for_h * _HOUR_MS
        return takewhile(lambda document: AlertRecord.of(document).received >= oldest, every(documents, state))
