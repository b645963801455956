"""A temporary server that begins with an imported database: the jars of the release line, with their own home folder and port."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.provenance.store.neo4j.servers import CACHE, running

READY_S = 240
CONF = """\
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size=64m
dbms.security.auth_enabled=false
dbms.usage_report.enabled=false
"""
OPENS = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in ("java.nio", "java.io", "sun.nio.ch")]


class Offline:
    """A home folder. `admin` is a folder with a `neo4j-admin` that works on it."""

    def __init__(self, line: str, home: Path) -> None:
        running(line)
        known = json.loads((CACHE / line / "connection.json").read_text("utf-8"))
        self.home, self.admin = home, home / "bin"
        self._version, self._classpath = known["version"], known["classpath"]
        self._java = [
            known["java"],
            "-Xmx384m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            *OPENS,
            "-cp",
            self._classpath,
        ]
        for name in ("bin", "conf", "data", "logs", "plugins", "run", "import", "licenses"):
            (home / name).mkdir(parents=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        (home / "conf" / "neo4j.conf").write_text(CONF.format(port=self.port), "utf-8")
        words = shlex.join([*self._java, "org.neo4j.cli.AdminTool"])
        (self.admin / "neo4j-admin").write_text(f'#!/bin/sh\nexec {words} "$@"\n', "utf-8")
        (self.admin / "neo4j-admin").chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        """What the programs of the server, and scripts that call them, are started with."""
        path = f"{self.admin}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")}

    @contextmanager
    def started(self) -> Iterator[str]:
        """Runs the server during the block; yields its address."""
        with zipfile.ZipFile(Path(self._classpath).parent / f"neo4j-{self._version}.jar") as jar:
            lines = jar.read("META-INF/services/org.neo4j.server.startup.EntryPoint").decode().splitlines()
        main = next(line.strip() for line in lines if line.strip() and not line.startswith("#"))
        words = [*self._java, main, f"--home-dir={self.home}", f"--config-dir={self.home / 'conf'}"]
        with (self.home / "logs" / "console.log").open("wb") as log:
            server = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment, start_new_session=True
            )
        try:
            self._wait(server)
            yield f"bolt://127.0.0.1:{self.port}"
        finally:
            server.kill()  # an orderly stop takes ten seconds, for a database that nobody opens again
            server.wait()

    def _wait(self, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            assert server.poll() is None, (self.home / "logs" / "console.log").read_text("utf-8")
            try:
                socket.create_connection(("127.0.0.1", self.port), 2).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError(f"the server did not answer within {READY_S} s")
