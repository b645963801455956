"""Looking after the queue: what dead servers held, what waits for a log, what logs have changed, what came by command."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import takewhile
from typing import Any

from provenance.alerts import resolved
from provenance.errors import InputError, StoreBusy, UsageError
from provenance.service.alerts import hashes as alert_hashes
from provenance.service.alerts import queue
from provenance.service.alerts.queue import State
from provenance.service.alerts.retracing import retrace
from provenance.service.incidents import book as incidents_book
from provenance.service.jobs.servers import Servers
from provenance.service.service import Service
from provenance.service.tracing import started
from provenance.store.documents import Document, Documents, Place
from provenance.store.fingerprint import Fingerprint, fingerprint
from provenance.store.interface import Alert

_LOG = logging.getLogger("provenance.service")
_BEAT_S, _ORPHANS_S, _LOGS_S, _ADOPT_S, _NAMES_S = 10.0, 5.0, 1.0, 10.0, 5.0
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
        self._unsaved: deque[str] = deque()
        self._known: set[str] = set()
        self._renamed: set[str] = set()
        self._names_read = False
        self._names_seen: frozenset[tuple[str, ...]] | None = None
        self._adopted = False
        self._hashes_known = False

    def finished(self, alert: Alert) -> None:
        """An alert was worked on: it is to be found in the graph's store too, when its writer is free."""
        self._unsaved.append(alert.id)

    def look_again(self) -> None:
        """A server has died: what it held is looked for at the next tick."""
        self._due["orphans"] = 0.0

    def tick_for_itself(self) -> None:
        """Do what is due of what every server does for itself. Raises StoreError."""
        documents = self._service.documents
        self._when_due("beat", _BEAT_S, lambda: self._servers.beat(documents))
        self._when_due("orphans", _ORPHANS_S, lambda: self._orphans(documents))

    def tick(self) -> None:
        """Do what is due. Raises StoreError."""
        documents = self._service.documents
        self.tick_for_itself()
        if not self._hashes_known:
            alert_hashes.make(documents, queue.KIND)
            if retrace(documents):
                self._wake()
            self._hashes_known = True
        self._when_due("names", _NAMES_S, lambda: self._follow_names(documents))
        self._when_due("logs", _LOGS_S, lambda: self._follow_logs(documents))
        self._when_due("adopt", _ADOPT_S, lambda: self._adopt(documents))

    def _when_due(self, what: str, every_s: float, act: Callable[[], None]) -> None:
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
            running = [*_all(documents, State.RUNNING), *started.running(documents)]
        lives: dict[str, bool] = {self._servers.id: True}
        for document in running:
            owner = str(document.body["owner"])
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
                lambda body: now.outdates(body["computed_from"]) or (renamed and not any(body["computed_from"])),
            )
        elif self._is_due("waiting", 60.0):
            oldest = self._service.clock() - self._service.settings.wait_for_log_h * _HOUR_MS
            self._try_waiting(documents, lambda body: bool(body["received"] <= oldest))
        if now != self._computed and self._is_due("recompute", self._service.settings.recompute_after_s):
            deferred = self._recompute(documents, now)
            self._computed = None if deferred else now

    def _follow_names(self, documents: Documents) -> None:
        """The table of hosts says something else than when alerts came in: those that speak of other hosts by it are tried
        again, and what was found for them is computed again."""
        reader = self._service.alerts
        try:
            if not reader.refresh() and self._names_read:
                return
        except (InputError, UsageError) as error:
            _LOG.error("the table of hosts stays as it was", extra={"why": str(error)})
            return
        for state in (State.WAITING, State.FAILED, State.DONE):
            for document in _all(documents, state):
                self._rename(documents, document, resolved(queue.alert_of(document), reader.aliases))
        self._names_read = True

    def _rename(self, documents: Documents, document: Document, alert: Alert) -> None:
        kept = document.body["alert"]
        if alert.body != kept["body"]:
            body = dict(document.body) | {"alert": dict(kept) | {"body": dict(alert.body)}}
            again = document.state == State.DONE.value
            if queue.put_back(documents, document, again=again, body=body):
                self._known.discard(alert.id)
                self._renamed.add(alert.id)
                self._wake()

    def _try_waiting(self, documents: Documents, which: Callable[[Mapping[str, Any]], bool]) -> None:
        for document in _all(documents, State.WAITING):
            if which(document.body) and queue.put_back(documents, document):
                self._wake()

    def _recompute(self, documents: Documents, now: Fingerprint) -> bool:
        """Put back what logs have changed; whether there was something that is not due yet."""
        begun = now.beginnings()
        deferred = False
        for state in (State.DONE, State.FAILED):
            for document in self._recent(documents, state):
                body = document.body
                if state is State.DONE:
                    changed = now.outdates(body["computed_from"])
                else:
                    changed = body.get("beginnings") not in (None, begun)
                if changed and not self._is_old_enough(body):
                    deferred = True
                elif changed and queue.put_back(documents, document, again=True):
                    self._wake()
        return deferred

    def _is_old_enough(self, body: Mapping[str, Any]) -> bool:
        """Whether a result may be computed again: under a log that never ends, all of them would be at work for ever, so
        an old alert's is less often."""
        computed = int(body.get("computed", body["received"]))
        age = computed - int(body["received"])
        patience = max(self._service.settings.recompute_after_s * 1000, age * _PATIENCE)
        return self._service.clock() - computed >= patience

    def _recent(self, documents: Documents, state: State) -> Iterator[Document]:
        """Those that came in lately; they are the first of their state."""
        oldest = self._service.clock() - self._service.settings.recompute_for_h * _HOUR_MS
        return takewhile(lambda document: document.body["received"] >= oldest, _all(documents, state))

    def _adopt(self, documents: Documents) -> None:
        """Take in alerts that a command has put into the store, and put in those that came over HTTP."""
        first = not self._adopted
        self._adopted = True
        saved = self._service.store.alerts()
        self._known.intersection_update(alert.id for alert in saved)
        for alert in saved:
            if alert.id not in self._known and alert.id not in self._renamed:
                alert = resolved(alert, self._service.alerts.aliases)
                _, _, new = queue.submit(documents, alert, self._service.clock())
                self._known.add(alert.id)
                if new:
                    self._service.metrics.received.labels("command").inc()
                    self._wake()
        if first:
            incidents_book.rank_anew(documents)
            for state in (State.DONE, State.FAILED, State.WAITING):
                self._unsaved += (kept.key for kept in _all(documents, state) if kept.key not in self._known)
        self._save()

    def _save(self) -> None:
        """Put alerts that came over HTTP into the store, unless somebody writes to it: then the next time."""
        ended = [self._unsaved.popleft() for _ in range(len(self._unsaved))]
        missing = set(ended) - self._known
        if missing:
            try:
                with self._service.store.writer() as writer:
                    # Retention may have removed some since, and holds the same lock for that.
                    writer.drop_alerts(missing & self._renamed)
                    still = self._service.documents.get_many([(queue.KIND, id) for id in sorted(missing)])
                    for document in still:
                        if document is not None:
                            writer.save_alert(queue.alert_of(document))
            except StoreBusy:
                self._unsaved += missing
                return
        self._known |= missing
        self._renamed -= missing


def _all(documents: Documents, state: State) -> Iterator[Document]:
    after: Place | None = None
    while page := documents.page(queue.KIND, state.value, after):
        yield from page
        after = Place(page[-1].rank, page[-1].key)
