"""The labels of files with several names, whether one replaced the other or the file has both, and of programs that hide."""

from __future__ import annotations

import pytest

from provenance.ingest.facts import Name
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.text.labels import FileLabel, file_label, label
from tests.ingest.script import O_WRONLY, Script


def _label(script: Script, path: str) -> str:
    """The label of the file that has a path."""
    facts = script.facts()
    (found,) = [node for node in facts.nodes.values() if path in {name.path for name in node.names}]
    return label(Node(found.id, EntityKind.FILE, "web01", found.first, {}, tuple(found.names)))


def test_a_renamed_file_had_its_first_name_before() -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/srv/part", O_WRONLY)
    sh.renames("/srv/part", "/srv/orders.csv")
    script.process(200).opens("/srv/orders.csv")
    assert _label(script, "/srv/part") == "/srv/part (later /srv/orders.csv)"


def test_a_file_whose_renaming_is_all_that_is_recorded_has_its_names_in_their_order() -> None:
    """`/etc/passwd+` is renamed to `/etc/passwd`, under rules that record no opened file."""
    script = Script()
    paths = (script.path("/etc/passwd+", "DELETE", 5), script.path("/etc/passwd", "CREATE", 5))
    script.process(100).call("rename", paths=paths)
    assert _label(script, "/etc/passwd") == "/etc/passwd+ (later /etc/passwd)"


@pytest.mark.parametrize("is_used", [False, True])
def test_a_linked_file_has_both_names(is_used: bool) -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/a", inode=5)
    sh.call("link", paths=(script.path("/a", "NORMAL", 5), script.path("/", "PARENT"), script.path("/b", "CREATE", 5)))
    if is_used:
        sh.opens("/b", inode=5)
    assert _label(script, "/a") == "/a (also /b)"


def test_a_mounted_file_has_both_names() -> None:
    script = Script()
    script.process(100).opens("/mnt/refresh", O_WRONLY, inode=5)
    script.process(200).opens("/srv/jobs/refresh", inode=5)
    assert _label(script, "/mnt/refresh") == "/mnt/refresh (also /srv/jobs/refresh)"


def _file(*paths: str) -> Node:
    names = tuple(Name(1, path, moment, moment + 5) for moment, path in enumerate(paths))
    return Node(1, EntityKind.FILE, "web01", 0, {}, names)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("/bin/sh", "/usr/bin/sh"), "/usr/bin/sh"),
        (("/usr/lib/libc.so.6", "/lib/libc.so.6"), "/usr/lib/libc.so.6"),
        (("DIR?/cron", "/etc/default/cron"), "/etc/default/cron"),
        (("/bin/sh", "/usr/sbin/sh"), "/bin/sh (also /usr/sbin/sh)"),
        (("DIR?/cron", "/etc/default/cron2"), "DIR?/cron (also /etc/default/cron2)"),
    ],
)
def test_a_name_that_says_less_of_the_same_place_is_left_out(names: tuple[str, ...], expected: str) -> None:
    assert label(_file(*names)) == expected


def test_a_name_cannot_pass_for_two() -> None:
    hostile = label(_file("/tmp/x (later /etc/passwd)"))
    assert file_label(hostile) == FileLabel(hostile)


def test_a_label_has_the_names_that_it_was_made_of() -> None:
    assert file_label("/a (later /b)") == FileLabel("/a", "/b", is_renamed=True)
    assert file_label("/a (also /b)").names == {"/a", "/b"}
    assert file_label("203.0.113.9:443/tcp") == FileLabel("203.0.113.9:443/tcp")


@pytest.mark.parametrize(
    ("exe", "comm", "argv", "expected"),
    [
        ("/tmp/x", "x", ("kworker/0:1", "-c"), "/tmp/x (calls itself kworker/0:1) -c"),
        ("/usr/bin/nc.openbsd", "nc", ("[kthreadd]",), "/usr/bin/nc.openbsd (calls itself [kthreadd])"),
        ("/usr/bin/dash", "sh", ("sh", "-c", "id"), "sh -c id"),
        ("/usr/bin/bash", "bash", ("-bash",), "-bash"),
        ("/usr/sbin/cron", "cron", ("/usr/sbin/CRON", "-f"), "/usr/sbin/CRON -f"),
        ("/usr/bin/dash", "backup.sh", ("/bin/sh", "/srv/backup.sh"), "/bin/sh /srv/backup.sh"),
        ("/usr/bin/python3.11", "manage", ("python3", "/srv/x.py"), "python3 /srv/x.py"),
        ("/usr/bin/x86_64-linux-gnu-gcc-12", "gcc", ("gcc", "a.c"), "gcc a.c"),
        ("/usr/sbin/sshd", "sshd", ("sshd: kim@pts/0",), "sshd: kim@pts/0"),
        ("/usr/bin/busybox", "a-very-long-nam", ("a-very-long-name-of-it",), "a-very-long-name-of-it"),
    ],
)
def test_a_process_that_hides_its_program_is_named_by_it(
    exe: str, comm: str, argv: tuple[str, ...], expected: str
) -> None:
    attributes = {"exe": exe, "comm": comm, "argv": list(argv), "command": " ".join(argv)}
    assert label(Node(1, EntityKind.PROCESS, "web01", 0, attributes, ())) == expected


def test_a_copy_before_it_runs_its_program_hides_nothing() -> None:
    """The PROCTITLE of a child of vfork can be that of the program which it runs next."""
    attributes = {"exe": "/usr/bin/python3", "comm": "python3", "argv": ["bash"], "command": "bash", "forked": True}
    assert label(Node(1, EntityKind.PROCESS, "web01", 0, attributes, ())) == "bash"
