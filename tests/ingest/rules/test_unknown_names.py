"""No path is invented: a file without a recorded name is identified by its inode or stays unknown."""

from __future__ import annotations

import pytest

from provenance.ingest.facts import UNKNOWN_DIRECTORY
from provenance.ingest.rules.files import absolute
from provenance.ingest.state.objects import Image
from tests.ingest.script import AT_FDCWD, DIRECTORY, O_CREAT, O_WRONLY, REGULAR, Actor, Script

OLD_CREATE = 0o301
"""O_WRONLY, O_CREAT and O_EXCL."""


def actor() -> tuple[Script, Actor]:
    script = Script()
    process = script.process(100, comm="cp")
    process.execs("/usr/bin/cp")
    return script, process


def test_a_name_below_an_unknown_directory_is_not_in_the_working_directory() -> None:
    script, process = actor()
    process.opens("x", O_WRONLY, at=7, inode=77)
    facts = script.facts()
    assert "cp:100 -WROTE-> DIR?/x" in facts.flows
    assert not any("/home/x" in facts.names(label) for label in facts.labels.values() if label.startswith(("/", "DIR")))


def test_a_directory_that_was_opened_is_known() -> None:
    script, process = actor()
    process.opens("/srv/data", fd=7, mode=DIRECTORY)
    process.opens("x", O_WRONLY, at=7, fd=8, inode=77)
    assert "cp:100 -WROTE-> /srv/data/x" in script.facts().flows


def test_a_directory_is_found_by_the_inode_of_its_parent_record() -> None:
    """What the PARENT record has as its name is the working directory (kernel/auditsc.c, audit_log_name), which it is not."""
    script, process = actor()
    process.opens("/srv/data", fd=7, mode=DIRECTORY, inode=500)
    process.closes(7)
    other = script.process(200, comm="tar")
    parent = script.path("/home", "PARENT", 500, DIRECTORY)
    created = script.path("x", "CREATE", 77)
    other.call("openat", 9, 0x7FFC0000, O_WRONLY | O_CREAT, 0o600, exit=4, paths=(parent, created))
    assert "tar:200 -WROTE-> /srv/data/x" in script.facts().flows


def test_each_side_of_a_rename_has_its_own_directory() -> None:
    script, process = actor()
    process.opens("/srv/a", fd=7, mode=DIRECTORY, inode=500)
    process.opens("/srv/b", fd=8, mode=DIRECTORY, inode=501)
    path = script.path
    paths = (
        path("/home", "PARENT", 500, DIRECTORY),
        path("/home", "PARENT", 501, DIRECTORY),
        path("x", "DELETE", 77),
        path("y", "CREATE", 77),
    )
    script.process(200, comm="mv").call("renameat2", 20, 1, 21, 2, paths=paths)
    facts = script.facts()
    assert facts.names("/srv/a/x") == {"/srv/a/x", "/srv/b/y"}
    assert "mv:200 -RENAMED-> /srv/a/x" in facts.flows


def test_files_of_one_name_below_unknown_directories_are_not_one_file() -> None:
    script, process = actor()
    no_inode = 'name="x" nametype=NORMAL'
    process.call("openat", 7, 1, O_WRONLY, 0, exit=4, paths=(no_inode,))
    script.process(200, comm="cat").call("openat", 7, 1, 0, 0, exit=4, paths=(no_inode,))
    flows = script.facts().flows
    assert {"cp:100 -WROTE-> DIR?/x", "DIR?/x (2) -READ-> cat:200"} <= flows


def test_without_a_working_directory_a_relative_name_is_below_an_unknown_one() -> None:
    image = Image(1, 1, None, 1, b"")
    assert absolute(image, "a/b", None) == "DIR?/a/b"
    assert absolute(image, "../b", None) == "DIR?/../b"
    assert absolute(image, "", None) == UNKNOWN_DIRECTORY
    assert absolute(image, "/a", None) == "/a"


@pytest.mark.parametrize("call", ["unlinkat", "mkdirat", "fchmodat", "symlinkat"])
def test_other_calls_below_an_unknown_directory(call: str) -> None:
    script, process = actor()
    nametype = {"unlinkat": "DELETE", "fchmodat": "NORMAL"}.get(call, "CREATE")
    place = (0, 7) if call == "symlinkat" else (7,)
    process.call(call, *place, paths=(script.path("x", nametype, 77),))
    assert any(flow.endswith("-> DIR?/x") for flow in script.facts().flows)


# PATH records without names


def three(name: str | None = "stage2.bin") -> tuple[str, ...]:
    """What Enterprise Linux 7.5 writes of open(O_CREAT | O_EXCL): no name types, the name at the directory's inode."""
    record = "name={} inode={} dev=fe:00 mode={} ouid=0 ogid=0 rdev=00:00"
    text = "(null)" if name is None else f'"{name}"'
    return (
        record.format(text, 3602, DIRECTORY),
        record.format("(null)", 3602, DIRECTORY),
        record.format("(null)", 3604, "0100711"),
    )


def test_a_new_file_has_the_name_that_stands_at_its_directory() -> None:
    script, process = actor()
    process.call("open", 1, OLD_CREATE, 0o711, exit=4, paths=three())
    facts = script.facts()
    assert "cp:100 -WROTE-> /home/stage2.bin" in facts.flows
    assert facts.node("/home/stage2.bin").attributes["inode"] == 3604
    assert not any(label == "/home" for label in facts.labels.values())


def test_a_new_file_without_any_name_is_known_by_its_inode() -> None:
    script, process = actor()
    process.call("open", 1, OLD_CREATE, 0o711, exit=4, paths=three(None))
    facts = script.facts()
    assert "cp:100 -WROTE-> unnamed" in facts.flows
    assert facts.node("unnamed").attributes["inode"] == 3604 and facts.names("unnamed") == set()


def test_opening_an_unknown_file_closes_the_former_descriptor() -> None:
    script, process = actor()
    process.opens("/etc/shadow", fd=4)
    process.call("open", 1, O_WRONLY, exit=4, paths=("name=(null) nametype=NORMAL",))
    process.writes(4)
    flows = script.facts().flows
    assert not any("WROTE" in flow for flow in flows)


def test_a_rename_whose_new_name_is_unknown_keeps_the_file() -> None:
    script, process = actor()
    process.creates("/tmp/x")
    inode = script.inode("/tmp/x")
    path = script.path
    process.call(
        "rename",
        paths=(
            path("/tmp", "PARENT"),
            path("/tmp", "PARENT"),
            path("/tmp/x", "DELETE", inode),
            path(None, "CREATE", inode),
        ),
    )
    process.opens("/tmp/y", inode=inode, fd=9)
    facts = script.facts()
    assert {"cp:100 -RENAMED-> /tmp/x", "/tmp/x -READ-> cp:100"} <= facts.flows
    assert facts.names("/tmp/x") == {"/tmp/x", "/tmp/y"}


def test_a_rename_whose_old_name_is_unknown_takes_the_only_one() -> None:
    script, process = actor()
    process.creates("/tmp/x")
    inode = script.inode("/tmp/x")
    path = script.path
    process.call("rename", paths=(path(None, "DELETE", inode), path("/tmp/y", "CREATE", inode)))
    facts = script.facts()
    (former_name,) = [name for name in facts.node("/tmp/x").names if name.path == "/tmp/x"]
    assert facts.number(former_name.last) == 3
    assert facts.names("/tmp/x") == {"/tmp/x", "/tmp/y"}


def test_removing_a_name_that_is_unknown() -> None:
    script, process = actor()
    process.creates("/tmp/x")
    process.call("unlink", paths=(script.path(None, "DELETE", script.inode("/tmp/x")),))
    assert "cp:100 -DELETED-> /tmp/x" in script.facts().flows


def test_a_call_without_its_arguments_uses_no_descriptor() -> None:
    """Formats that have lost the arguments: what is open at 0 is not the directory."""
    script, process = actor()
    process.opens("/srv/data", fd=0, mode=DIRECTORY)
    script.event(
        (
            "SYSCALL",
            'arch=c000003e syscall=263 success=yes exit=0 ppid=1 pid=100 uid=0 auid=0 comm="cp" exe="/usr/bin/cp"',
        ),
        ("PATH", f"item=0 {script.path('x', 'DELETE', 77)}"),
    )
    assert "cp:100 -DELETED-> DIR?/x" in script.facts().flows


def test_the_working_directory_comes_from_its_record() -> None:
    script, process = actor()
    process.call("openat", AT_FDCWD, 1, O_WRONLY, exit=4, paths=(script.path("x", mode=REGULAR),))
    assert "cp:100 -WROTE-> /home/x" in script.facts().flows
