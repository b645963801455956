"""Telling: one thread for each target takes what is due and sends it, as long as the service runs."""

from __future__ import annotations

import json
import logging
import os
import secrets
import signal
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx

from provenance.errors import NothingFound, StoreError
from provenance.service.incidents import book as incidents_book
from provenance.service.incidents import views
from provenance.service.jobs.deliveries import Delivery, settle, take
from provenance.service.service import Service
from provenance.service.webhooks.targets import DELIVERY, SIGNATURE, Hook, Outgoing, Webhook, signed
from provenance.store.documents import Documents

_LOG = logging.getLogger("provenance.service")
_LOOK_S = 1.0


class Sender:
    """Tells everybody of `outgoing` what is due."""

    def __init__(self, service: Service, outgoing: Outgoing) -> None:
        self._service, self._outgoing = service, outgoing
        self._owner = f"sender-{secrets.token_hex(8)}"
        self._stopping = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Tell while the context lasts. What is being sent when it ends is sent to the end, or again by the next server."""
        threads = [
            threading.Thread(target=self._loop, args=(target,), name=f"outgoing-{target.name}", daemon=True)
            for target in self._outgoing.targets
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            deadline = time.monotonic() + self._service.settings.stop_s
            for thread in threads:
                thread.join(max(deadline - time.monotonic(), 0.0))

    def _loop(self, target: Webhook | Hook) -> None:
        while not self._stopping.is_set():
            try:
                busy = self.tell_one(target)
            except StoreError as error:
                _LOG.error("the store failed what is outgoing", extra={"target": target.name, "why": str(error)})
                busy = False
            if not busy:
                self._stopping.wait(_LOOK_S)

    def tell_one(self, target: Webhook | Hook) -> bool:
        """Send one thing that is due; False when nothing is. Raises StoreError."""
        documents = self._service.documents
        taken = take(documents, target.name, self._owner, self._service.clock())
        if taken is None:
            return False
        told = body_of(documents, taken.key)
        skipped = told is None or float(told.get("score", 100.0)) < self._outgoing.least_score
        delivery = Delivery.of(taken).id
        problem = None if told is None or skipped else self._send(target, delivery, encoded(told, delivery))
        state = settle(documents, taken, problem, self._service.clock(), skipped)
        about = {"target": target.name, "incident": taken.key, "delivery": delivery, "state": state, "why": problem}
        _LOG.log(logging.INFO if problem is None else logging.WARNING, "an incident was told", extra=about)
        return True

    def _send(self, target: Webhook | Hook, delivery: str, body: bytes) -> str | None:
        if isinstance(target, Webhook):
            return post(target, delivery, body, self._service.clock() // 1000)
        return execute(target, body)


def body_of(documents: Documents, incident: str) -> dict[str, Any] | None:
    """What is told of an incident: all of it, or which one took its alerts. None when there is nothing of it."""
    try:
        document = incidents_book.found(documents, incident)
    except NothingFound:
        return None
    if document.key != incident:
        return {"format": views.FORMAT, "incident": incident, "state": "merged", "into": document.key}
    return views.whole(documents, document)


def post(target: Webhook, delivery: str, body: bytes, timestamp: int) -> str | None:
    """Send a body; what went wrong, if anything, in words that hold no secret. Redirects are not followed: what is signed
    for one receiver is for no other."""
    headers = {
        "Content-Type": "application/json",
        DELIVERY: delivery,
        SIGNATURE: signed(target.secret, timestamp, body),
    }
    # The client's own log holds whole URLs, and the path of one is often a secret.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        verify = ssl.create_default_context(cafile=target.ca_file) if target.ca_file else True
        with (
            httpx.Client(timeout=target.timeout_s, follow_redirects=False, trust_env=False, verify=verify) as client,
            client.stream("POST", target.url, content=body, headers=headers) as response,
        ):
            status = response.status_code
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return f"{target.host}: {type(error).__name__}"
    if 300 <= status < 400:
        return f"{target.host}: {status}, a redirect, which is not followed"
    return None if 200 <= status < 300 else f"{target.host}: {status}"


def execute(hook: Hook, body: bytes) -> str | None:
    """Run a hook with a body on its standard input; what went wrong, if anything. It gets an almost empty environment,
    and is killed with all that it started when it takes too long."""
    try:
        process = subprocess.Popen(
            hook.argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath)},
            start_new_session=True,
        )
    except OSError as error:
        return f"cannot be started: {error.strerror or error}"
    try:
        process.communicate(body, hook.timeout_s)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return f"took longer than {hook.timeout_s:g} s"
    return None if process.returncode == 0 else f"ended with {process.returncode}"


def encoded(document: dict[str, Any], delivery: str) -> bytes:
    """What is sent: the delivery stands in the body too, which is signed and which hooks get."""
    document = document | {"delivery": delivery}
    return json.dumps(document, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")
