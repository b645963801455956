"""The file of a PATH record: names, reused inodes, files without a name, relative paths."""

from __future__ import annotations

import pytest

from provenance.ingest.deriver import Deriver
from provenance.ingest.rules import files
from provenance.ingest.rules.files import S_IFCHR, S_IFDIR, S_IFREG, absolute, file_type
from provenance.ingest.state.objects import Image
from tests.ingest.script import AT_FDCWD, DIRECTORY, O_CREAT, O_RDWR, O_TRUNC, O_WRONLY, Script

O_TMPFILE, O_PATH = 0o20200000, 0o10000000
RENAME_EXCHANGE = 2


def test_two_names_of_one_inode_are_one_file() -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/a", O_WRONLY, inode=5)
    script.process(200, comm="cat").opens("/b", inode=5)
    facts = script.facts()
    assert facts.flows == {"sh:100 -WROTE-> /a", "/a -READ-> cat:200"}
    assert facts.names("/a") == {"/a", "/b"}


def test_one_inode_number_on_two_devices_is_two_files() -> None:
    script = Script()
    sh = script.process(100)
    for fd, device in ((3, "fe:00"), (4, "00:2a")):
        path = script.path(f"/{device}", inode=5, device=device)
        sh.call("openat", AT_FDCWD, 0, 0, exit=fd, paths=(path,))
    assert script.facts().flows == {"/fe:00 -READ-> sh:100", "/00:2a -READ-> sh:100"}


def test_a_created_file_with_a_reused_inode_is_new() -> None:
    """The inode of a deleted temporary file is given to the next file at once."""
    script = Script()
    sh = script.process(100)
    sh.opens("/tmp/cc1.o", O_WRONLY | O_CREAT, created=True, inode=9)
    sh.closes(3)
    sh.call("unlink", paths=(script.path("/tmp", "PARENT"), script.path("/tmp/cc1.o", "DELETE", 9)))
    other = script.process(200, comm="wget")
    other.opens("/tmp/shell.sh", O_WRONLY | O_CREAT, created=True, inode=9)
    assert script.facts().flows == {
        "sh:100 -WROTE-> /tmp/cc1.o",
        "sh:100 -DELETED-> /tmp/cc1.o",
        "wget:200 -WROTE-> /tmp/shell.sh",
    }


def test_an_inode_without_names_is_another_file() -> None:
    """Its creation was not recorded."""
    script = Script()
    sh = script.process(100)
    sh.opens("/a", inode=9)
    sh.call("unlink", paths=(script.path("/a", "DELETE", 9),))
    script.process(200, comm="cat").opens("/b", inode=9)
    facts = script.facts()
    assert "/b -READ-> cat:200" in facts.flows
    assert facts.names("/b") == {"/b"}


def test_a_file_lives_until_its_last_name() -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/a", inode=9)
    sh.call("link", paths=(script.path("/a", "NORMAL", 9), script.path("/", "PARENT"), script.path("/b", "CREATE", 9)))
    sh.call("unlink", paths=(script.path("/a", "DELETE", 9),))
    script.process(200, comm="cat").opens("/b", inode=9)
    facts = script.facts()
    assert "/a -READ-> cat:200" in facts.flows
    assert facts.names("/a") == {"/a", "/b"}
    assert "end" not in facts.node("/a").attributes


def test_an_open_file_outlives_its_name() -> None:
    """Deleted while it runs or is written: still the same file."""
    script = Script()
    sh = script.process(100)
    sh.opens("/a", O_RDWR, inode=9)
    sh.call("unlink", paths=(script.path("/a", "DELETE", 9),))
    sh.writes(3)
    assert script.facts().spans["sh:100 -WROTE-> /a"] == [(3, 3)]


def test_a_rename_ends_the_file_at_the_new_name() -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/new", O_WRONLY)
    sh.opens("/old", fd=4)
    sh.renames("/new", "/old")
    script.process(200, comm="cat").opens("/old")
    facts = script.facts()
    assert facts.flows == {
        "sh:100 -WROTE-> /new",
        "/old -READ-> sh:100",
        "sh:100 -RENAMED-> /new",
        "sh:100 -DELETED-> /old",
        "/new -READ-> cat:200",
    }
    assert facts.names("/new") == {"/new", "/old"}
    assert "end" in facts.node("/old").attributes


def test_records_of_a_rename_in_descending_order() -> None:
    script = Script()
    sh = script.process(100)
    paths = (script.path("/a", "DELETE", 5), script.path("/b", "CREATE", 5))
    body = [("PATH", f"item={item} {path}") for item, path in reversed(list(enumerate(paths, 2)))]
    sh.call("rename", records=tuple(body))
    assert script.facts().names("/a") == {"/a", "/b"}


def test_an_exchange_gives_each_file_the_others_name() -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/a", O_WRONLY, inode=5)
    sh.opens("/b", O_WRONLY, fd=4, inode=6)
    paths = (
        script.path("/a", "DELETE", 5),
        script.path("/b", "DELETE", 6),
        script.path("/b", "CREATE", 5),
        script.path("/a", "CREATE", 6),
    )
    sh.call("renameat2", AT_FDCWD, 0, AT_FDCWD, RENAME_EXCHANGE, paths=paths)
    facts = script.facts()
    assert facts.flows == {
        "sh:100 -WROTE-> /a",
        "sh:100 -WROTE-> /b",
        "sh:100 -RENAMED-> /a",
        "sh:100 -RENAMED-> /b",
    }
    for file in ("/a", "/b"):
        assert facts.names(file) == {"/a", "/b"}
        assert "end" not in facts.node(file).attributes


def test_a_rename_relative_to_two_directories() -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/one", fd=3, mode=DIRECTORY)
    sh.opens("/two", fd=4, mode=DIRECTORY)
    paths = (script.path("a", "DELETE", 5), script.path("b", "CREATE", 5))
    sh.call("renameat", 3, 0, 4, paths=paths)
    assert script.facts().names("/one/a") == {"/one/a", "/two/b"}


def test_a_file_without_a_name_and_the_name_it_gets() -> None:
    """O_TMPFILE: PATH has the directory's name; linkat through /proc gives it one."""
    script = Script()
    sh = script.process(100)
    sh.opens("/tmp", O_RDWR | O_TMPFILE, fd=5, inode=77, mode="0100600")
    sh.writes(5)
    paths = (
        script.path("/proc/self/fd/5", "NORMAL", 77, "0100600"),
        script.path("/usr/bin", "PARENT"),
        script.path("/usr/bin/x", "CREATE", 77, "0100600"),
    )
    sh.call("linkat", AT_FDCWD, 0, AT_FDCWD, 0, paths=paths)
    child = sh.forks(101)
    child.execs("/usr/bin/x", paths=(script.path("/usr/bin/x", inode=77),))
    facts = script.facts()
    edges = {"sh:100 -WROTE-> /usr/bin/x", "sh:100 -LINKED-> /usr/bin/x", "/usr/bin/x -LOADED-> x:101"}
    assert edges <= facts.flows
    assert facts.names("/usr/bin/x") == {"/usr/bin/x"}


def test_every_temporary_file_is_new() -> None:
    script = Script()
    sh = script.process(100)
    for fd in (5, 6):
        sh.opens("/tmp", O_WRONLY | O_TMPFILE, fd=fd, inode=77, mode="0100600")
        sh.closes(fd)
    assert script.facts().flows == {"sh:100 -WROTE-> unnamed", "sh:100 -WROTE-> unnamed (2)"}


def test_a_file_in_memory_runs_through_proc() -> None:
    script = Script()
    sh = script.process(100)
    sh.call("memfd_create", 0, 0, exit=3)
    sh.writes(3)
    child = sh.forks(101)
    child.execs("/proc/self/fd/3", paths=(script.path("/proc/self/fd/3", inode=88, device="00:01"),))
    other = script.process(200, comm="again")
    other.forks(250)
    other.execs("/proc/100/fd/3", paths=(script.path("/proc/100/fd/3", inode=88, device="00:01"),))
    flows = script.facts().flows
    assert {"sh:100 -WROTE-> memfd:", "memfd: -LOADED-> 3:101", "memfd: -LOADED-> 3:200"} <= flows


def test_without_an_inode_the_path_is_the_identity() -> None:
    script = Script()
    sh = script.process(100)
    path = 'name="x" nametype=UNKNOWN'
    sh.call("openat", AT_FDCWD, 0, O_WRONLY, exit=3, paths=(path,))
    script.process(200, comm="cat").call("openat", AT_FDCWD, 0, 0, exit=3, paths=('name="/home/x" nametype=UNKNOWN',))
    assert script.facts().flows == {"sh:100 -WROTE-> /home/x", "/home/x -READ-> cat:200"}


def test_fields_of_older_kernels() -> None:
    """EL7 writes objtype= for nametype=."""
    script = Script()
    sh = script.process(100)
    path = 'name="/x" inode=5 dev=fe:00 mode=0100644 ouid=0 ogid=0 rdev=00:00 objtype={}'
    sh.call("unlink", paths=(path.format("DELETE"),))
    assert script.facts().flows == {"sh:100 -DELETED-> /x"}


def test_truncating_is_writing() -> None:
    """O_TRUNC changes the file even when it is opened to read."""
    script = Script()
    script.process(100).opens("/a", O_TRUNC)
    assert script.facts().spans["sh:100 -WROTE-> /a"] == [(1, 1)]


def test_a_path_descriptor_is_no_channel() -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/srv", O_PATH, fd=3, mode=DIRECTORY)
    sh.opens("x", fd=4, at=3)
    assert script.facts().flows == {"/srv/x -READ-> sh:100"}


def test_an_unknown_directory_descriptor_leaves_the_name_relative() -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("x", fd=4, at=33, inode=5)
    sh.opens("/known/x", fd=5, inode=5)
    facts = script.facts()
    assert len(facts.flows) == 1, "the inode tells that it is one file"


def test_the_descriptor_names_the_file_of_a_change() -> None:
    """fchmod of an unknown descriptor: the record has the inode."""
    script = Script()
    sh = script.process(100)
    sh.opens("/a", inode=5)
    sh.call("fchmod", 9, 0o4755, paths=(script.path(None, inode=5),))
    assert "sh:100 -CHANGED_MODE-> /a" in script.facts().flows


def test_mode_and_owner_are_known() -> None:
    script = Script()
    script.process(100).call("chmod", 0, 0o4755, paths=(script.path("/a", mode="0100644"),))
    attributes = script.facts().node("/a").attributes
    assert (attributes["mode"], attributes["owner"], attributes["path"]) == ("0104755", 0, "/a")


@pytest.mark.parametrize(
    ("mode", "type"),
    [
        ("0100644", S_IFREG),
        ("040755", S_IFDIR),
        ("020666", S_IFCHR),
        ("character,666", S_IFCHR),
        ("dir,755", S_IFDIR),
        ("file,644", S_IFREG),
        (None, 0),
        ("nonsense", 0),
    ],
)
def test_types_of_files(mode: str | None, type: int) -> None:
    assert file_type(mode) == type


@pytest.mark.parametrize(
    ("name", "base", "path"),
    [
        ("x", "/home", "/home/x"),
        ("/x", "/home", "/x"),
        ("./x", "/home", "/home/x"),
        ("../x", "/home/u", "/home/x"),
        ("..", "/", "/"),
        ("/a//b/", None, "/a/b"),
        ("//a", None, "/a"),
        ("a/", "/", "/a"),
        ("", "/home", "/home"),
        ("/", None, "/"),
        ("x", None, "DIR?/x"),
        ("../x", None, "DIR?/../x"),
        ("a/.hidden", "/", "/a/.hidden"),
        ("...", "/", "/..."),
    ],
)
def test_absolute_names(name: str, base: str | None, path: str) -> None:
    assert absolute(Image(1, 1, None, 1, b""), name, base) == path


def test_a_file_has_its_last_mode() -> None:
    """The PATH record of chmod has the mode before it."""
    script = Script()
    sh = script.process(100)
    sh.opens("/srv/x", mode="0100644")
    sh.call("fchmodat", -100, 0, 0o4755, paths=(script.path("/srv/x", mode="0100644"),))
    assert script.facts().node("/srv/x").attributes["mode"] == "0104755"
    sh.call("fchmod", 3, 0o600, paths=(script.path(None, inode=script.inode("/srv/x"), mode="0104755"),))
    assert script.facts().node("/srv/x").attributes["mode"] == "0100600"


def test_a_file_in_memory_that_runs_without_an_inode_in_its_record() -> None:
    script = Script()
    sh = script.process(100)
    sh.call("memfd_create", 0, 0, exit=3)
    sh.writes(3)
    child = sh.forks(101)
    child.execs("/proc/self/fd/3", paths=('name="/proc/self/fd/3" nametype=UNKNOWN',))
    assert {"sh:100 -WROTE-> memfd:", "memfd: -LOADED-> 3:101"} <= script.facts().flows


def test_a_record_without_name_and_inode_is_a_file_of_its_own() -> None:
    script = Script()
    sh = script.process(100)
    for _ in range(2):
        sh.call("chmod", 0, 0o4755, paths=("name=(null) nametype=NORMAL",))
    labels = script.facts().labels.values()
    assert {"unnamed", "unnamed (2)"} <= set(labels), "nothing shows that both are one"


def test_removing_an_unknown_name_of_a_file_with_several_keeps_them() -> None:
    script = Script()
    sh = script.process(100)
    sh.opens("/a", inode=5)
    sh.opens("/b", inode=5, fd=4)
    sh.call("unlink", paths=(script.path(None, "DELETE", 5),))
    script.process(200, comm="cat").opens("/a", inode=5)
    assert {"/a -READ-> sh:100", "/a -READ-> cat:200", "sh:100 -DELETED-> /a"} <= script.facts().flows


def test_of_very_many_files_the_oldest_are_forgotten_and_known_again_by_their_inode(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Files older than the log: a scan of a whole disk cannot fill the memory, and loses nothing but former names."""
    monkeypatch.setattr(files, "_INODES_KEPT", 16)
    script = Script()
    sh = script.process(100)
    sh.opens("/secret", inode=5)
    for inode in range(100, 200):
        sh.opens(f"/disk/{inode}", inode=inode, fd=4)
    sh.opens("/secret", inode=5)
    facts = script.facts()
    assert [label for label in facts.labels.values() if "secret" in label] == ["/secret"], "one file, read twice"
    deriver = Deriver("web01")
    for event in script.parsed():
        deriver.push(event)
    assert len(deriver.host.inodes) <= 16


def test_of_very_many_files_those_that_the_log_created_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgotten, they would be other files when they are seen again."""
    monkeypatch.setattr(files, "_INODES_KEPT", 16)
    script = Script()
    sh = script.process(100)
    sh.creates("/tmp/dropper")
    for inode in range(5000, 5100):
        sh.opens(f"/disk/{inode}", inode=inode, fd=4)
    script.process(200, comm="cat").opens("/tmp/dropper")
    assert "sh:100" in script.facts().backward("cat:200")
