"""The command that is repeated until it gets through, and what it says when it does not."""

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


class Held(NamedTuple):
    """What a store holds, and what it says that it holds."""

    digest: str
    nodes: Mapping[EntityKind, int]
    flows: Mapping[FlowKind, int]
    events: Mapping[str, int]
    lines: int


def held_by(store: Store) -> Held:
    """All of it."""
    counted = store.statistics()
    events = {host.host: host.tallies["events"] for host in counted.hosts}
    lines = sum(1 for host in events for _ in store.lines(host))
    return Held(digest(store), counted.nodes, counted.flows, events, lines)


class Case(NamedTuple):
    """A case, who writes it and what into it."""

    address: str
    credentials: Path
    logs: Path

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A command on the case, running."""
        command = [sys.executable, "-m", "provenance", *words, "--store", self.address]
        command += ["--credentials", str(self.credentials)]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ingest(self) -> subprocess.Popen[str]:
        """`ingest`, running."""
        return self.start("ingest", str(self.logs))

    def held(self) -> Held:
        """What the case holds now."""
        store = open_store(self.address, credentials=self.credentials)
        held = held_by(store)
        store.close()
        return held

    def ingested(self) -> Held:
        """What the case holds when `ingest` has got through."""
        with self.ingest() as command:
            _, said = command.communicate()
        assert command.returncode == 0, said
        return self.held()

    def complaint(self, command: subprocess.Popen[str]) -> str:
        """The one line that a command says whose store fails it, without the store's address."""
        with command:
            _, said = command.communicate()
        assert command.returncode == 3, said
        return self.complained(said)

    def complaint_here(self, said: pytest.CaptureFixture[str], *words: str) -> str:
        """The same of a command that this process runs."""
        said.readouterr()
        assert main([*words, "--store", self.address, "--credentials", str(self.credentials)]) == 3
        return self.complained(said.readouterr().err)

    def complained(self, said: str) -> str:
        """A line without the program's name and the store's address."""
        assert said.count("\n") == 1
        assert said.startswith(f"provenance: {self.address}: ")
        return said.removeprefix(f"provenance: {self.address}: ")
