"""Commands on a case whose server fails: their errors, and the contents of the case after a complete ingest."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from provenance.cli import main
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store import open_store
from provenance.store.interface import Store
from provenance.transfer.digest import digest
from tests.conftest import ROOT


class Contents(NamedTuple):
    """The digest and the counters of a store."""

    digest: str
    nodes: Mapping[EntityKind, int]
    flows: Mapping[FlowKind, int]
    events: Mapping[str, int]
    lines: int


def contents_of(store: Store) -> Contents:
    """The contents of a store."""
    counted = store.statistics()
    events = {host.host: host.tallies["events"] for host in counted.hosts}
    lines = sum(1 for host in events for _ in store.lines(host))
    return Contents(digest(store), counted.nodes, counted.flows, events, lines)


class Case(NamedTuple):
    """A case with its credentials and the logs to ingest."""

    address: str
    credentials: Path
    logs: Path

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command on the case."""
        command = [sys.executable, "-m", "provenance", *words, "--store", self.address]
        command += ["--credentials", str(self.credentials)]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ingest(self) -> subprocess.Popen[str]:
        """Start `ingest`."""
        return self.start("ingest", str(self.logs))

    def contents(self) -> Contents:
        """The contents of the case now."""
        store = open_store(self.address, credentials=self.credentials)
        contents = contents_of(store)
        store.close()
        return contents

    def complete_ingest(self) -> Contents:
        """Ingest successfully; returns the contents."""
        with self.ingest() as command:
            _, output = command.communicate()
        assert command.returncode == 0, output
        return self.contents()

    def error_of(self, command: subprocess.Popen[str]) -> str:
        """The error line of a failed command, without the address of the store."""
        with command:
            _, output = command.communicate()
        assert command.returncode == 3, output
        return self.message_in(output)

    def error_here(self, captured: pytest.CaptureFixture[str], *words: str) -> str:
        """The error line of a command that runs in this process."""
        captured.readouterr()
        assert main([*words, "--store", self.address, "--credentials", str(self.credentials)]) == 3
        return self.message_in(captured.readouterr().err)

    def message_in(self, output: str) -> str:
        """The error line without the name of the program and the address of the store."""
        assert output.count("\n") == 1
        assert output.startswith(f"provenance: {self.address}: ")
        return output.removeprefix(f"provenance: {self.address}: ")
