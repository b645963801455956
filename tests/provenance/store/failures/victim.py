"""A server that may be hurt: of its own, beside the one that all tests share, and with that one's program."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import zipfile
from pathlib import Path

from tests.provenance.store.neo4j.servers import CACHE

_READY_S = 240.0
_MAGIC = bytes.fromhex("6060b017") + bytes((0, 8, 8, 5)) + bytes((0, 4, 4, 4)) + bytes(8)
"""Bolt's magic and the versions asked for (https://neo4j.com/docs/bolt/current/bolt/handshake/)."""
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
    """The server whose data are in a folder. It asks nobody for a password."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *settings: str) -> None:
        """Start it, with settings in addition to the usual ones; returns when it answers."""
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
            said = (self.home / "logs" / "console.log").read_text("utf-8", "replace")[-2000:]
            assert process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as connection:
                connection.sendall(_MAGIC)
                return len(connection.recv(4)) == 4
        except OSError:
            return False

    def kill(self) -> None:
        """End it at once; returns when it is gone."""
        if self._process is not None:
            self._process.kill()
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
