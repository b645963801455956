"""Hashes that IMA measured: which file they belong to, and from which event on.

Records are written to the shape of security/integrity/ima/ima_api.c (`ima_audit_measurement`) and kernel/audit.c
(`audit_log_task_info`). Those of a call are in its event; a kernel writes them before the SYSCALL record, which changes nothing.
"""

from __future__ import annotations

import pytest

from provenance.ingest import checkpoint
from provenance.ingest.deriver import Deriver
from provenance.ingest.facts import Batch
from provenance.ingest.hashes import is_hash
from provenance.ingest.rules import files
from tests.ingest.reading import Facts, facts_of
from tests.ingest.script import Actor, Script, text_value

ONE, TWO, THREE = (f"sha256:{digit * 64}" for digit in "123")


def measured(actor: Actor, path: str, hash: str) -> tuple[str, str]:
    """An INTEGRITY_RULE record."""
    return "INTEGRITY_RULE", (
        f"file={text_value(path)} hash={text_value(hash)} ppid={actor.ppid} pid={actor.pid} auid={actor.auid} "
        f"uid={actor.uid} gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses={actor.ses} "
        f"comm={text_value(actor.comm)} exe={text_value(actor.exe)}"
    )


def runs(actor: Actor, exe: str, argv: tuple[str, ...], names: tuple[str, ...], *hashes: tuple[str, str]) -> None:
    """execve of `names` (program, interpreter, loader), of which IMA measured (path, hash)."""
    records = tuple(measured(actor, *one) for one in hashes)
    actor.comm, actor.exe = exe.rpartition("/")[2], exe
    words = " ".join(f"a{place}={text_value(word)}" for place, word in enumerate(argv))
    paths = tuple(actor.script.path(name, mode="0100755") for name in names)
    actor.call("execve", records=(*records, ("EXECVE", f"argc={len(argv)} {words}")), paths=paths)


def hashes(facts: Facts) -> dict[str, list[tuple[str, int]]]:
    """Of each file that has any: its hashes, each from which event on."""
    found = {
        facts.labels[id]: [(name.path, facts.number(name.first)) for name in node.names if is_hash(name.path)]
        for id, node in facts.nodes.items()
    }
    return {label: sorted(hashes_of_file) for label, hashes_of_file in found.items() if hashes_of_file}


def test_a_program_has_the_hash_of_its_execution() -> None:
    script = Script()
    actor = script.process(100)
    runs(actor, "/tmp/x", ("x",), ("/tmp/x",), ("/tmp/x", ONE))
    facts = script.facts()
    assert hashes(facts) == {"/tmp/x": [(ONE, 1)]}
    assert facts.edges_and_notes == {"/tmp/x -LOADED-> x:100"}, "a hash is neither flow nor note"


def test_each_hash_holds_from_its_first_moment_on() -> None:
    script = Script()
    for place, hash in enumerate((ONE, TWO, ONE)):
        runs(script.process(100 + place), "/tmp/x", ("x",), ("/tmp/x",), ("/tmp/x", hash))
    assert hashes(script.facts()) == {"/tmp/x": [(ONE, 1), (TWO, 2)]}


def test_another_inode_at_the_path_has_its_own_hash() -> None:
    script = Script()
    runs(script.process(100), "/tmp/x", ("x",), ("/tmp/x",), ("/tmp/x", ONE))
    actor = script.process(101)
    actor.unlinks("/tmp/x")
    del script.inodes["/tmp/x"]
    script.inode("/something/else")
    runs(actor, "/tmp/x", ("x",), ("/tmp/x",), ("/tmp/x", TWO))
    assert hashes(script.facts()) == {"/tmp/x": [(ONE, 1)], "/tmp/x (2)": [(TWO, 3)]}


@pytest.mark.parametrize(
    ("exe", "argv", "names", "file_of_hash", "of"),
    [
        # /bin is a link to /usr/bin
        ("/usr/bin/ls", ("ls",), ("/bin/ls", "/lib64/ld.so.2"), "/usr/bin/ls", "/bin/ls"),
        ("/usr/bin/ls", ("ls",), ("/bin/ls", "/lib64/ld.so.2"), "/usr/lib/x86_64/ld.so.2", "/lib64/ld.so.2"),
        # the program is a link of another name
        ("/usr/bin/dash", ("sh",), ("/bin/sh", "/lib64/ld.so.2"), "/usr/bin/dash", "/bin/sh"),
        # a script, and its interpreter behind a link of another name
        ("/usr/bin/dash", ("/bin/sh", "/tmp/s"), ("/tmp/s", "/bin/sh", "/lib64/ld.so.2"), "/tmp/s", "/tmp/s"),
        ("/usr/bin/dash", ("/bin/sh", "/tmp/s"), ("/tmp/s", "/bin/sh", "/lib64/ld.so.2"), "/usr/bin/dash", "/bin/sh"),
        # relative to where the caller is
        ("/home/x", ("x",), ("./x", "/lib64/ld.so.2"), "/home/x", "/home/x"),
        # a library, mapped by the loader of which no PATH record tells
        ("/usr/bin/ls", ("ls",), ("/bin/ls", "/lib64/ld.so.2"), "/usr/lib/libc.so.6", "/usr/lib/libc.so.6"),
        ("/tmp/a b", ("x",), ("/tmp/a b", "/lib64/ld.so.2"), "/tmp/a b", "/tmp/a b"),
    ],
)
def test_links_in_the_path_are_followed(
    exe: str, argv: tuple[str, ...], names: tuple[str, ...], file_of_hash: str, of: str
) -> None:
    script = Script()
    runs(script.process(100), exe, argv, names, (file_of_hash, ONE))
    assert hashes(script.facts()) == {of: [(ONE, 1)]}


def test_a_hash_through_a_link_belongs_to_its_target() -> None:
    script = Script()
    actor = script.process(100)
    record = measured(actor, "/etc/real.conf", ONE)
    actor.call("openat", -100, 0, 0, exit=3, paths=(script.path("/etc/link"),), records=(record,))
    facts = script.facts()
    assert hashes(facts) == {"/etc/link": [(ONE, 1)]}
    assert facts.flows == {"/etc/link -READ-> sh:100"}


def test_a_failed_execution_has_a_hash() -> None:
    script = Script()
    actor = script.process(100)
    paths = (script.path("/tmp/x", mode="0100755"),)
    actor.call("execve", exit=-13, paths=paths, records=(measured(actor, "/tmp/x", ONE),))
    facts = script.facts()
    assert hashes(facts) == {"/tmp/x": [(ONE, 1)]}
    assert facts.flows == set()


def test_a_hash_without_a_call_belongs_to_the_current_file_of_the_path() -> None:
    """Without any audit rule for the call, the record stands alone in its event."""
    script = Script()
    actor = script.process(100)
    actor.creates("/tmp/x")
    script.message(*measured(actor, "/tmp/x", ONE))
    actor.renames("/tmp/x", "/tmp/y")
    script.message(*measured(actor, "/tmp/y", TWO))
    actor.creates("/tmp/x", fd=4)
    script.message(*measured(actor, "/tmp/x", THREE))
    assert hashes(script.facts()) == {"/tmp/x": [(ONE, 2), (TWO, 4)], "/tmp/x (2)": [(THREE, 6)]}


def test_an_unknown_file_is_identified_by_its_path() -> None:
    script = Script()
    actor = script.process(100)
    script.message(*measured(actor, "/usr/lib/libc.so.6", ONE))
    script.message(*measured(actor, "/usr/lib/libc.so.6", ONE))
    facts = script.facts()
    assert hashes(facts) == {"/usr/lib/libc.so.6": [(ONE, 1)]}
    assert "inode" not in facts.node("/usr/lib/libc.so.6").attributes


def test_old_kernels_write_no_algorithm_and_rules_as_the_same_type() -> None:
    script = Script()
    script.message(*measured(script.process(100), "/tmp/x", "ab" * 20))
    script.message("INTEGRITY_RULE", 'action="audit" func="BPRM_CHECK" mask="MAY_EXEC" res=1')
    facts = script.facts()
    assert hashes(facts) == {"/tmp/x": [("sha1:" + "ab" * 20, 1)]}
    assert facts.notes == ["INTEGRITY_RULE -: action=audit func=BPRM_CHECK mask=MAY_EXEC res=1"]


@pytest.mark.parametrize("hash", ["sha256:zz", "sha256:", "(null)", "../../etc/passwd"])
def test_an_invalid_hash_is_reported_unchanged(hash: str) -> None:
    script = Script()
    script.message(*measured(script.process(100), "/tmp/x", hash))
    facts = script.facts()
    assert hashes(facts) == {}
    assert facts.notes[0].startswith("INTEGRITY_RULE ?:100: file=/tmp/x hash=")


def test_removed_files_are_not_remembered() -> None:
    script = Script()
    actor = script.process(100)
    script.message(*measured(actor, "/usr/lib/libc.so.6", ONE))
    for place in range(100):
        name = f"/tmp/{place}" if place % 2 else "/tmp/x"
        actor.creates(name)
        actor.unlinks(name)
    actor.creates("/tmp/x")
    script.message(*measured(actor, "/tmp/x", TWO))
    deriver = Deriver("web01")
    for event in script.parsed():
        deriver.push(event)
    remembered = deriver.host.named
    assert remembered is not None
    assert len(remembered) <= 4 and sum(map(len, remembered.values())) <= 4
    assert hashes(script.facts())["/tmp/x (51)"] == [(TWO, 203)]


def test_a_state_saved_at_any_event_finds_the_same_files() -> None:
    script = Script()
    actor = script.process(100)
    for round in range(3):
        actor.creates("/tmp/x", fd=3 + round)
        script.message(*measured(actor, "/tmp/x", ONE))
        actor.renames("/tmp/x", f"/tmp/y{round}")
        script.message(*measured(actor, f"/tmp/y{round}", TWO))
        script.message(*measured(actor, "/tmp/x", THREE))
    events = script.parsed()
    unsplit = script.facts()
    for place in range(1, len(events)):
        deriver, batches = Deriver("web01"), list[Batch]()
        for number, event in enumerate(events):
            if number == place:
                batches.append(deriver.take())
                deriver, _ = checkpoint.load(checkpoint.save(deriver))
            deriver.push(event)
        parted = facts_of([*batches, deriver.take(), deriver.conclude()])
        assert hashes(parted) == hashes(unsplit)


def test_a_hash_of_a_path_is_of_the_file_that_has_it_now() -> None:
    """Not of one that had it: deleted, replaced by a rename, or its inode given to another file."""
    script = Script()
    sh = script.process(100)
    sh.creates("/tmp/a")
    script.message(*measured(sh, "/tmp/other", THREE))
    sh.creates("/tmp/b", fd=4)
    sh.renames("/tmp/b", "/tmp/a")
    script.message(*measured(sh, "/tmp/a", ONE))
    sh.unlinks("/tmp/a")
    script.message(*measured(sh, "/tmp/a", TWO))
    found = hashes(script.facts())
    assert found.pop("/tmp/other") == [(THREE, 2)]
    (renamed,) = [label for label, known in found.items() if (ONE, 5) in known]
    (later,) = [label for label, known in found.items() if (TWO, 7) in known]
    assert renamed != later and len(found) == 2


def test_a_file_that_is_renamed_to_its_own_name_has_it_still() -> None:
    """Of two files with one path (two mount namespaces), it is the one that was seen last under it."""
    script = Script()
    sh = script.process(100)
    for fd, device in ((3, "fe:00"), (4, "00:2a")):
        sh.call("openat", -100, 0, 0, exit=fd, paths=(script.path("/a", inode=5, device=device),))
    script.message(*measured(sh, "/a", ONE))
    for _ in range(2):
        sh.call("rename", paths=(script.path("/a", "DELETE", 5), script.path("/a", "CREATE", 5)))
    script.message(*measured(sh, "/a", TWO))
    assert hashes(script.facts()) == {"/a": [(TWO, 6)], "/a (2)": [(ONE, 3)]}


def test_of_very_many_paths_hashes_find_their_files_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index of paths is bounded: it is made anew from the files that are known."""
    monkeypatch.setattr(files, "_NAMES_KEPT", 8)
    script = Script()
    sh = script.process(100)
    script.message(*measured(sh, "/tmp/first", ONE))
    for number in range(40):
        sh.opens(f"/disk/{number}")
        script.message(*measured(sh, f"/disk/{number}", TWO))
    facts = script.facts()
    assert len(hashes(facts)) == 41
    assert all(len(facts.names(f"/disk/{number}")) == 2 for number in range(40)), "the path and the hash, of one file"
