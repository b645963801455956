"""Looking after the queues: what dead servers held, what waits for a log, what logs have changed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import takewhile

from provenance.alerts import hashes
from provenance.alerts.aliases import resolved
from provenance.alerts.record import KIND, AlertRecord, State, every
from provenance.errors import InputError, UsageError
from provenance.service.alerts import queue
from provenance.service.alerts.retracing import retrace
from provenance.service.incidents import book as incidents_book
from provenance.service.jobs.lease import Lease
from provenance.service.jobs.servers import Servers
from provenance.service.service import Service
from provenance.service.tracing import started
from provenance.store.documents import Document, Documents
from provenance.store.fingerprint import Fingerprint, fingerprint

_LOG = logging.getLogger("provenance.service")
_BEAT_S, _ORPHANS_S, _LOGS_S, _NAMES_S = 10.0, 5.0, 1.0, 5.0
_REST = 20
"""How many times longer than looking took the next look waits at least."""
_PATIENCE = 0.1
"""A result stays at least for this share of the age that its alert had."""
_HOUR_MS = 3_600_000


class Keeper:
    """`held` gives the keys of what this server works on, and keeps it from taking more meanwhile."""

    def __init__(
        self,
        service: Service,
        servers: Servers,
        held: Callable[[], AbstractContextManager[frozenset[str]]],
        wake: Callable[[], None],
    ) -> None:
        self._service, self._servers, self._held, self._wake = service, servers, held, wake
        self._due: dict[str, float] = {}
        self._logs_seen: Fingerprint | None = None
        self._computed: Fingerprint | None = None
        self._names_read = False
        self._names_seen: frozenset[tuple[str, ...]] | None = None
        self._prepared = False

    def look_again(self) -> None:
        """A server has died: what it held is looked for at the next tick."""
        self._due["orphans"] = 0.0

    def tick(self) -> None:
        """Do what is due. Raises StoreError."""
        documents = self._service.documents
        self._tick_for_itself(documents)
        if not self._prepared:
            self._prepare(documents)
        self._when_due("names", _NAMES_S, lambda: self._follow_names(documents))
        self._when_due("logs", _LOGS_S, lambda: self._follow_logs(documents))

    def tick_beside_another(self) -> None:
        """Do what is due in a process that works for one whose keeper looks after the queue of alerts. Raises StoreError."""
        self._tick_for_itself(self._service.documents)
        self._when_due("names", _NAMES_S, self._has_new_names)

    def _prepare(self, documents: Documents) -> None:
        """What is done once for each server, for the sake of what earlier versions stored."""
        hashes.make(documents)
        incidents_book.rank_anew(documents)
        if retrace(documents):
            self._wake()
        self._prepared = True

    def _tick_for_itself(self, documents: Documents) -> None:
        """What every server does for itself."""
        self._when_due("beat", _BEAT_S, lambda: self._servers.beat(documents))
        self._when_due("orphans", _ORPHANS_S, lambda: self._orphans(documents))

    def _when_due(self, what: str, every_s: float, act: Callable[[], object]) -> None:
        """Act again and again, but never for more than a small share of the time: in a large store looking takes long."""
        if self._is_due(what, every_s):
            begun = time.monotonic()
            act()
            ended = time.monotonic()
            self._due[what] = max(self._due[what], ended + _REST * (ended - begun))

    def _is_due(self, what: str, every_s: float) -> bool:
        now = time.monotonic()
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + every_s
        return True

    def _orphans(self, documents: Documents) -> None:
        """Put back what servers held that are dead, and what a thread of this one let fall."""
        with self._held() as held:
            running = [*queue.LEASING.leased(documents, KIND), *started.LEASING.leased(documents, started.KIND)]
        lives: dict[str, bool] = {self._servers.id: True}
        for document in running:
            owner = Lease.of(document).owner or ""
            if owner not in lives:
                lives[owner] = self._servers.lives(documents, owner)
            ours = owner == self._servers.id
            if not lives[owner] or (ours and document.key not in held):
                _LOG.warning("work was left by its server", extra={"what": document.key, "server": owner})
                if document.kind == started.KIND:
                    started.put_back(documents, document)
                else:
                    queue.put_back(documents, document)
                self._wake()

    def _follow_logs(self, documents: Documents) -> None:
        """Logs came in, or hosts have other names or addresses: try what waits, and compute again what they may change."""
        now = fingerprint(self._service.store.hosts())
        if now != self._logs_seen:
            self._logs_seen = now
            names = now.names()
            renamed, self._names_seen = names != self._names_seen, names
            self._try_waiting(
                documents,
                lambda record: now.outdates(record.computed_from) or (renamed and not any(record.computed_from)),
            )
        elif self._is_due("waiting", 60.0):
            oldest = self._service.clock() - self._service.settings.wait_for_log_h * _HOUR_MS
            self._try_waiting(documents, lambda record: record.received <= oldest)
        if now != self._computed and self._is_due("recompute", self._service.settings.recompute_after_s):
            deferred = self._recompute(documents, now)
            self._computed = None if deferred else now

    def _has_new_names(self) -> bool:
        """Whether the table of hosts says something else than before. One that cannot be read is told in the log."""
        try:
            return self._service.alerts.refresh()
        except (InputError, UsageError) as error:
            _LOG.error("the table of hosts stays as it was", extra={"why": str(error)})
            return False

    def _follow_names(self, documents: Documents) -> None:
        """The table of hosts says something else than when alerts came in: those that speak of other hosts by it are tried
        again, and what was found for them is computed again."""
        if not self._has_new_names() and self._names_read:
            return
        for state in (State.WAITING, State.FAILED, State.DONE):
            for document in every(documents, state):
                self._rename(documents, document)
        self._names_read = True

    def _rename(self, documents: Documents, document: Document) -> None:
        record = AlertRecord.of(document)
        alert = resolved(record.alert, self._service.alerts.aliases)
        if alert.body != record.alert.body:
            again = document.state == State.DONE.value
            if queue.put_back(documents, document, again=again, record=replace(record, alert=alert)):
                self._wake()

    def _try_waiting(self, documents: Documents, which: Callable[[AlertRecord], bool]) -> None:
        for document in every(documents, State.WAITING):
            if which(AlertRecord.of(document)) and queue.put_back(documents, document):
                self._wake()

    def _recompute(self, documents: Documents, now: Fingerprint) -> bool:
        """Put back what logs have changed; whether there was something that is not due yet."""
        begun = now.beginnings()
        deferred = False
        for state in (State.DONE, State.FAILED):
            for document in self._recent(documents, state):
                record = AlertRecord.of(document)
                nothing_found = state is State.FAILED
                changed = (
                    record.beginnings not in (None, begun) if nothing_found else now.outdates(record.computed_from)
                )
                if changed and not self._is_old_enough(record):
                    deferred = True
                elif changed and queue.put_back(documents, document, again=True):
                    self._wake()
        return deferred

    def _is_old_enough(self, record: AlertRecord) -> bool:
        """Whether a result may be computed again: under a log that never ends, all of them would be at work for ever, so
        an old alert's is less often."""
        computed = record.received if record.computed is None else record.computed
        patience = max(self._service.settings.recompute_after_s * 1000, (computed - record.received) * _PATIENCE)
        return self._service.clock() - computed >= patience

    def _recent(self, documents: Documents, state: State) -> Iterator[Document]:
        """Those that came in lately; they are the first of their state."""
        oldest = self._service.clock() - self._service.settings.recompute_for_h * _HOUR_MS
        return takewhile(lambda document: AlertRecord.of(document).received >= oldest, every(documents, state))
