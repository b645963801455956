"""A running service: a process of its own with an HTTP client."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import ROOT

PATIENCE_S = 120.0


def until(holds: Callable[[], bool], what: str, pause_s: float = 0.05) -> None:
    """Wait until something holds; it ends as soon as it does."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"still not: {what}"
        time.sleep(pause_s)


class Running:
    """A `provenance serve`; `log` is what it wrote to standard error."""

    def __init__(self, store: str, log: Path, token: str, settings: Mapping[str, str], *options: str) -> None:
        self.log = log
        known = {name: value for name, value in os.environ.items() if not name.startswith("PROVENANCE_SERVICE")}
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "provenance", "serve", "--store", store, "--port", "0", *options],
                cwd=ROOT,
                env=known | {"PROVENANCE_SERVICE_END_S": str(PATIENCE_S)} | dict(settings),
                stdin=subprocess.DEVNULL,
                stderr=out,
            )
        until(lambda: self.process.poll() is not None or bool(self.logged("listening")), "listening")
        assert self.process.poll() is None, log.read_text("utf-8")
        port = self.logged("listening")[0]["port"]
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE_S
        )
        until(self._answers, "answering")

    def _answers(self) -> bool:
        try:
            return self.client.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def logged(self, message: str) -> list[dict[str, Any]]:
        """The log records with a message."""
        lines = self.log.read_text("utf-8").splitlines()
        records = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [record for record in records if record["message"] == message]

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, return the exit code."""
        self.process.send_signal(how)
        self.client.close()
        return self.process.wait(PATIENCE_S)


@contextmanager
def serving(
    store: str, folder: Path, token: str, settings: Mapping[str, str] | None = None, *options: str
) -> Iterator[Running]:
    """A running service, which is stopped in the end: in an orderly way, so that what it executed is measured, unless a test
    failed or has ended it."""
    number = len(list(folder.glob("serve-*.log")))
    running = Running(store, folder / f"serve-{number}.log", token, settings or {}, *options)
    try:
        yield running
        if running.process.poll() is None:
            assert running.end() == 0, running.log.read_text("utf-8")
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()
        running.client.close()


def all_alerts(client: httpx.Client) -> list[dict[str, Any]]:
    """Every alert of a service, page by page."""
    found: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        page = client.get("/alerts", params={"after": after, "limit": 200}).json()
        found += page["alerts"]
        after = page["next"]
    return found


def states(client: httpx.Client) -> dict[str, int]:
    """How many alerts there are in each state."""
    found: dict[str, int] = {}
    for alert in all_alerts(client):
        found[alert["state"]] = found.get(alert["state"], 0) + 1
    return found
