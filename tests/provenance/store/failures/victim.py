"""A server that a test may kill, beside the shared one and with its programs."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
import zipfile
from pathlib import Path

from neo4j import GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from tests.provenance.store.neo4j.servers import CACHE

_READY_S = 240.0
_SETTINGS = (
    "server.default_listen_address=127.0.0.1",
    "server.http.enabled=false",
    "server.https.enabled=false",
    "server.memory.pagecache.size=32m",
    "db.tx_log.preallocate=false",
    "dbms.usage_report.enabled=false",
    "dbms.security.auth_enabled=false",
)
_JVM = (
    *("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
    *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in ("java.nio", "java.io", "sun.nio.ch")),
)
"""It lives for seconds: what a compiler would make of it comes too late."""


class Victim:
    """A server with its data in a folder, without passwords."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *settings: str) -> None:
        """Start it with additional settings; returns when it answers."""
        for name in ("conf", "data", "logs", "plugins", "run", "import", "licenses"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        listens = f"server.bolt.listen_address=127.0.0.1:{self.port}"
        (self.home / "conf" / "neo4j.conf").write_text("\n".join((*_SETTINGS, listens, *settings, "")), "utf-8")
        with (self.home / "logs" / "console.log").open("ab") as log:
            self._process = subprocess.Popen(_command(self.home), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait(self._process)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _READY_S
        while not self._answers():
            output = (self.home / "logs" / "console.log").read_text("utf-8", "replace")[-2000:]
            assert process.poll() is None, output
            assert time.monotonic() < deadline, output
            time.sleep(0.1)

    def _answers(self) -> bool:
        """Whether its database answers: after a kill this takes longer than until the port is open."""
        try:
            with GraphDatabase.driver(f"bolt://127.0.0.1:{self.port}", max_transaction_retry_time=1) as driver:
                driver.execute_query("RETURN 1", database_="neo4j")
        except (DriverError, Neo4jError):
            return False
        return True

    def kill(self) -> None:
        """Kill it; returns when it has exited."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop it cleanly."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()


def _command(home: Path) -> list[str]:
    known = json.loads((CACHE / "lts" / "connection.json").read_text("utf-8"))
    with zipfile.ZipFile(next(Path(known["classpath"]).parent.glob(f"neo4j-{known['version']}.jar"))) as jar:
        listed = jar.read("META-INF/services/org.neo4j.server.startup.EntryPoint").decode()
    main = next(line for line in listed.split() if not line.startswith("#"))
    return [
        known["java"],
        *_JVM,
        "-cp",
        known["classpath"],
        main,
        f"--home-dir={home}",
        f"--config-dir={home / 'conf'}",
    ]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
