"""The ready audit rules: every call they name is known, and every call that the graph uses is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from provenance.ingest.pyauparse.values.syscalls import syscall_number
from provenance.ingest.syscalls.table import TABLE
from tests.conftest import ROOT

_RULE = re.compile(
    r"(?P<off>#?)-a always,exit -F arch=(?P<arch>b64|b32) -S (?P<calls>\S+)(?P<filters>(?: -F \S+)*) -k \S+\Z"
)
_MACHINES = {"b64": "x86_64", "b32": "i386"}
LINES = (ROOT / "docs" / "audit.rules").read_text("utf-8").splitlines()


def rules() -> Iterator[tuple[bool, str, list[str]]]:
    """Switched on, architecture and calls of each rule."""
    for line in LINES:
        if line.startswith(("-a", "#-a")):
            match = _RULE.match(line)
            assert match, line
            yield not match["off"], match["arch"], match["calls"].split(",")


def test_every_call_is_one_of_its_architecture_and_handled() -> None:
    for _, arch, calls in rules():
        for call in calls:
            assert syscall_number(_MACHINES[arch], call) is not None, (arch, call)
            assert call == "socketcall" or TABLE.get(call) is not None, call


@pytest.mark.parametrize("arch", _MACHINES)
def test_every_call_that_the_graph_uses_is_there(arch: str) -> None:
    named = {call for _, its, calls in rules() if its == arch for call in calls}
    used = {
        call
        for call, handler in TABLE.items()
        if handler is not None and syscall_number(_MACHINES[arch], call) is not None
    }
    assert used - named == set()


@pytest.mark.parametrize("arch", _MACHINES)
def test_calls_that_a_trace_needs_have_rules_and_data_calls_have_none(arch: str) -> None:
    on = {call for active, its, calls in rules() if active and its == arch for call in calls}
    assert {"execve", "fork", "vfork", "clone", "exit_group", "openat", "connect", "accept4", "dup2", "pipe2"} <= on
    assert {"rename", "unlink", "chmod", "finit_module", "ptrace", "io_uring_setup"} <= on
    assert on & {"read", "write", "pread64", "pwrite64", "sendmsg", "recvmsg"} == set()


def test_each_rule_is_explained_by_the_line_above_or_shares_the_words_of_its_neighbour() -> None:
    above = ""
    for line in LINES:
        if not line.startswith("##") and line:
            assert above.startswith(("##", "-a", "#-a")), line
        above = line


def test_connections_under_way_and_ends_of_processes_are_not_filtered_out() -> None:
    for line in LINES:
        if re.search(r"-S \S*\b(connect|exit|exit_group|socketcall)\b", line):
            assert "success" not in line
