"""A helper process: works on the queues of a store until the service that started it sends a stop, or has ended.

Its standard input holds first the function that opens the store and the settings, then messages as lines of JSON. It writes its
own messages, among them one for each finished alert, to standard output, a line of JSON each. Only the process that started it
is connected to both.
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
from provenance.service.workers.alerts import WakeSignal, Worker
from provenance.service.workers.helper import HelperTraces
from provenance.service.workers.link import STOP, WARM
from provenance.service.workers.processes import finished_json
from provenance.service.workers.warming import warm
from provenance.store.interface import Store

_LOG = logging.getLogger("provenance.service")
_ROUNDS = 2
_LAST_S = 5.0


def main() -> int:
    """Runs the process and returns its exit code. If the store cannot be opened that is logged, and the parent starts the process
    again."""
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    try:
        open_store, settings = pickle.load(sys.stdin.buffer)
    except EOFError:
        return 0
    logs.configure("")
    try:
        store: Store = open_store()
    except ProvenanceError as error:
        _LOG.error("a helper process cannot open the store", extra={"why": str(error)})
        return 3
    try:
        _work(store, settings)
    finally:
        store.close()
    return 0


def _work(store: Store, settings: Settings) -> None:
    wake_signal, brake, send = WakeSignal(), Brake(None), _Sender(sys.stdout.buffer)
    service = Service(store, settings, wake=wake_signal.send, alerts=_alert_reader(settings))
    worker = Worker(
        service,
        wake_signal,
        (incidents.update_incidents,),
        on_finished=lambda finished: send(finished_json(finished)),
    )

    def warm_up() -> None:
        warm(service, brake, _ROUNDS)
        send(WARM)

    warming = threading.Thread(target=warm_up, name="warming", daemon=True)
    helper = HelperTraces(store, send)
    with worker.running():
        warming.start()
        _receive(sys.stdin.buffer, wake_signal, helper)
        brake.stop()
        helper.close()
    warming.join(_LAST_S)


def _alert_reader(settings: Settings) -> Reader | FollowingReader:
    """The reader with the table of host aliases. The files may have become invalid since the service started; alerts are then
    read without them."""
    try:
        return site_reader(settings)
    except (InputError, UsageError) as error:
        _LOG.error("invalid mapping or table of host aliases: alerts are read without them", extra={"why": str(error)})
        return Reader()


def _receive(messages: BinaryIO, wake_signal: WakeSignal, helper: HelperTraces) -> None:
    """Acts on messages until a stop. If the parent has ended, this process exits at once, as if it had been killed."""
    for line in messages:
        message = json.loads(line)
        if message == STOP:
            return
        if not isinstance(message, dict):
            wake_signal.send()
        elif "begin" in message:
            helper.begin(message["begin"], message["request"])
        else:
            helper.end(message["end"])
    os._exit(1)


class _Sender:
    """Sends messages, one at a time. Threads may share it."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._lock = out, threading.Lock()

    def __call__(self, message: Any) -> None:
        with self._lock, suppress(BrokenPipeError):
            self._out.write(json.dumps(message, ensure_ascii=True).encode("ascii") + b"\n")
            self._out.flush()


if __name__ == "__main__":
    sys.exit(main())
