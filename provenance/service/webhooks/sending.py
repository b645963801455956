"""The sender of messages about incidents: a thread for each target sends the deliveries that are due."""

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
from typing import Any, NamedTuple

import httpx

from provenance.errors import NothingFound, StoreError
from provenance.incidents.score import score
from provenance.service.incidents import storage, views
from provenance.service.incidents.records import IncidentRecord
from provenance.service.jobs.deliveries import Delivery, finish, take
from provenance.service.service import Service
from provenance.service.webhooks.targets import DELIVERY, SIGNATURE, Hook, Outgoing, Webhook, signature
from provenance.store.documents import Documents

_LOG = logging.getLogger("provenance.service")
_POLL_S = 1.0


class Sender:
    """Sends the deliveries of all targets that are due."""

    def __init__(self, service: Service, outgoing: Outgoing) -> None:
        self._service, self._outgoing = service, outgoing
        self._owner = f"sender-{secrets.token_hex(8)}"
        self._stopping = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Sends while the context lasts. A delivery in progress at its end is completed, or sent again by the next server."""
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
                busy = self.send_next(target)
            except StoreError as error:
                _LOG.error("store error while sending deliveries", extra={"target": target.name, "why": str(error)})
                busy = False
            if not busy:
                self._stopping.wait(_POLL_S)

    def send_next(self, target: Webhook | Hook) -> bool:
        """Sends the next delivery to a target that is due; False if none is. Raises StoreError."""
        documents = self._service.documents
        leased = take(documents, target.name, self._owner, self._service.clock())
        if leased is None:
            return False
        message = message_about(documents, leased.key)
        skipped = message is None or message.score < self._outgoing.least_score
        delivery = Delivery.of(leased).id
        problem = (
            None if message is None or skipped else self._send(target, delivery, encode(message.content, delivery))
        )
        state = finish(documents, leased, problem, self._service.clock(), skipped)
        fields = {"target": target.name, "incident": leased.key, "delivery": delivery, "state": state, "why": problem}
        _LOG.log(logging.INFO if problem is None else logging.WARNING, "delivery attempted", extra=fields)
        return True

    def _send(self, target: Webhook | Hook, delivery: str, body: bytes) -> str | None:
        if isinstance(target, Webhook):
            return post(target, delivery, body, self._service.clock() // 1000)
        return execute(target, body)


class Message(NamedTuple):
    """The content of a message about an incident, and the incident's score; that of a merged one counts as the highest, because
    whoever got the incident must learn of its successor."""

    content: dict[str, Any]
    score: float = 100.0


def message_about(documents: Documents, incident: str) -> Message | None:
    """The message about an incident: its full view, or for a merged one the id of its successor. None for an unknown incident."""
    try:
        document = storage.incident_document(documents, incident)
    except NothingFound:
        return None
    if document.key != incident:
        return Message({"format": views.FORMAT, "incident": incident, "state": "merged", "into": document.key})
    return Message(views.full(documents, document), score(IncidentRecord.of(document).summary))


def post(target: Webhook, delivery: str, body: bytes, timestamp: int) -> str | None:
    """Sends a body to a webhook, and returns the problem without secrets, None on success. Redirects are not followed, because
    the signature is meant for one receiver only."""
    headers = {
        "Content-Type": "application/json",
        DELIVERY: delivery,
        SIGNATURE: signature(target.secret, timestamp, body),
    }
    # The client logs complete URLs, whose paths are often secret.
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
        return f"{target.host}: status {status}: redirects are not followed"
    return None if 200 <= status < 300 else f"{target.host}: status {status}"


def execute(hook: Hook, body: bytes) -> str | None:
    """Runs a hook with a body on its standard input, and returns the problem, None on success. Its environment holds PATH only.
    After its time limit it is killed with its process group."""
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
        return f"time limit of {hook.timeout_s:g} s exceeded"
    return None if process.returncode == 0 else f"exit code {process.returncode}"


def encode(message: dict[str, Any], delivery: str) -> bytes:
    """The body of a message as JSON. It holds the id of the delivery, so that the signature covers it and hooks get it."""
    message = message | {"delivery": delivery}
    return json.dumps(message, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")
