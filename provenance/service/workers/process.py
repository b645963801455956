"""A process that traces: works on the queue of a store until the service that started it says stop, or is gone.

What it is given comes over standard input, first how to open the store and the settings, then lines of JSON; what it finished
goes to standard output, a line of JSON each. Only the process that starts it speaks to it.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
import signal
import sys
import threading
from contextlib import suppress
from typing import Any, BinaryIO

from provenance.alerts.reader import FollowingReader, Reader
from provenance.errors import InputError, ProvenanceError, UsageError
from provenance.service import logs
from provenance.service.alerts.site import site_reader
from provenance.service.incidents import updates as incidents
from provenance.service.service import Service
from provenance.service.settings import Settings
from provenance.service.tracing.brake import Brake
from provenance.service.workers.alerts import Bell, Worker
from provenance.service.workers.helper import HelperTraces
from provenance.service.workers.link import STOP, WARM
from provenance.service.workers.processes import told
from provenance.service.workers.warming import warm
from provenance.store.interface import Store

_LOG = logging.getLogger("provenance.service")
_ROUNDS = 2
_LAST_S = 5.0


def main() -> int:
    """Work until the end. A store that cannot be opened is told in the log; whoever starts this tries again."""
    for ended_by in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ended_by, signal.SIG_IGN)
    try:
        opening, settings = pickle.load(sys.stdin.buffer)
    except EOFError:
        return 0
    logs.configure("")
    try:
        store: Store = opening()
    except ProvenanceError as error:
        _LOG.error("a process that traces cannot open the store", extra={"why": str(error)})
        return 3
    try:
        _work(store, settings)
    finally:
        store.close()
    return 0


def _work(store: Store, settings: Settings) -> None:
    bell, brake, say = Bell(), Brake(None), _Saying(sys.stdout.buffer)
    service = Service(store, settings, wake=bell.ring, alerts=_alert_reader(settings))
    worker = Worker(service, bell, (incidents.after_done,), told=lambda finished: say(told(finished)))

    def get_warm() -> None:
        warm(service, brake, _ROUNDS)
        say(WARM)

    warming = threading.Thread(target=get_warm, name="warming", daemon=True)
    helper = HelperTraces(store, say)
    with worker.running():
        warming.start()
        _listen(sys.stdin.buffer, bell, helper)
        brake.stop()
        helper.close()
    warming.join(_LAST_S)


def _alert_reader(settings: Settings) -> Reader | FollowingReader:
    """What knows the table of hosts. Files that could be read when the service began may have changed: without them alerts are
    read as they are."""
    try:
        return site_reader(settings)
    except (InputError, UsageError) as error:
        _LOG.error("alerts are read without the tables of this site", extra={"why": str(error)})
        return Reader()


def _listen(given: BinaryIO, bell: Bell, helper: HelperTraces) -> None:
    """Until it is said to stop. Nobody is there to be told anything when the other end is gone: what is begun is left as if
    this process had been killed."""
    for line in given:
        heard = json.loads(line)
        if heard == STOP:
            return
        if not isinstance(heard, dict):
            bell.ring()
        elif "begin" in heard:
            helper.begin(heard["begin"], heard["request"])
        else:
            helper.end(heard["end"])
    os._exit(1)


class _Saying:
    """Says one thing at a time. Threads may share it."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._lock = out, threading.Lock()

    def __call__(self, what: Any) -> None:
        with self._lock, suppress(BrokenPipeError):
            self._out.write(json.dumps(what, ensure_ascii=True).encode("ascii") + b"\n")
            self._out.flush()


if __name__ == "__main__":
    sys.exit(main())
