"""Hashes that IMA took: of which file they are, and from when on.

Records are written to the shape of security/integrity/ima/ima_api.c (`ima_audit_measurement`) and kernel/audit.c
(`audit_log_task_info`). Those of a call are in its event; a kernel writes them before the SYSCALL record, which changes nothing.
"""

from __future__ import annotations

import pytest

from provenance.ingest import checkpoint
from provenance.ingest.deriver import Deriver
from provenance.ingest.facts import Batch
from provenance.ingest.hashes import is_hash
from tests.ingest.reading import Facts, facts_of
from tests.ingest.script import Actor, Script, text_value

ONE, TWO, THREE = (f"sha256:{digit * 64}" for digit in "123")


def measured(who: Actor, path: str, hash: str) -> tuple[str, str]:
    """An INTEGRITY_RULE record."""
    return "INTEGRITY_RULE", (
        f"file={text_value(path)} hash={text_value(hash)} ppid={who.ppid} pid={who.pid} auid={who.auid} uid={who.uid} gid=0 "
        f"euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses={who.ses} comm={text_value(who.comm)} "
        f"exe={text_value(who.exe)}"
    )


def runs(who: Actor, exe: str, argv: tuple[str, ...], names: tuple[str, ...], *hashes: tuple[str, str]) -> None:
    """execve of `names` (program, interpreter, loader), of which IMA measured (path, hash)."""
    records = tuple(measured(who, *one) for one in hashes)
    who.comm, who.exe = exe.rpartition("/")[2], exe
    words = " ".join(f"a{place}={text_value(word)}" for place, word in enumerate(argv))
    paths = tuple(who.script.path(name, mode="0100755") for name in names)
    who.call("execve", records=(*records, ("EXECVE", f"argc={len(argv)} {words}")), paths=paths)


def hashes(facts: Facts) -> dict[str, list[tuple[str, int]]]:
    """Of each file that has any: its hashes, each from which event on."""
    found = {
        facts.labels[id]: [(name.path, facts.number(name.first)) for name in node.names if is_hash(name.path)]
        for id, node in facts.nodes.items()
    }
    return {label: sorted(given) for label, given in found.items() if given}


def test_a_program_has_the_hash_that_was_taken_when_it_ran() -> None:
    script = Script()
    who = script.process(100)
    runs(who, "/tmp/x", ("x",), ("/tmp/x",), ("/tmp/x", ONE))
    facts = script.facts()
    assert hashes(facts) == {"/tmp/x": [(ONE, 1)]}
    assert facts.said == {"/tmp/x -LOADED-> x:100"}, "a hash is neither flow nor note"


def test_each_hash_from_its_first_moment_on() -> None:
    script = Script()
    for place, hash in enumerate((ONE, TWO, ONE)):
        runs(script.process(100 + place), "/tmp/x", ("x",), ("/tmp/x",), ("/tmp/x", hash))
    assert hashes(script.facts()) == {"/tmp/x": [(ONE, 1), (TWO, 2)]}


def test_another_inode_at_the_path_has_its_own() -> None:
    script = Script()
    runs(script.process(100), "/tmp/x", ("x",), ("/tmp/x",), ("/tmp/x", ONE))
    who = script.process(101)
    who.unlinks("/tmp/x")
    del script.inodes["/tmp/x"]
    script.inode("/something/else")
    runs(who, "/tmp/x", ("x",), ("/tmp/x",), ("/tmp/x", TWO))
    assert hashes(script.facts()) == {"/tmp/x": [(ONE, 1)], "/tmp/x (2)": [(TWO, 3)]}


@pytest.mark.parametrize(
    ("exe", "argv", "names", "taken", "of"),
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
def test_links_on_the_way_do_not_matter(
    exe: str, argv: tuple[str, ...], names: tuple[str, ...], taken: str, of: str
) -> None:
    script = Script()
    runs(script.process(100), exe, argv, names, (taken, ONE))
    assert hashes(script.facts()) == {of: [(ONE, 1)]}


def test_what_is_opened_through_a_link_is_the_file_behind_it() -> None:
    script = Script()
    who = script.process(100)
    record = measured(who, "/etc/real.conf", ONE)
    who.call("openat", -100, 0, 0, exit=3, paths=(script.path("/etc/link"),), records=(record,))
    facts = script.facts()
    assert hashes(facts) == {"/etc/link": [(ONE, 1)]}
    assert facts.flows == {"/etc/link -READ-> sh:100"}


def test_what_was_refused_has_its_hash_too() -> None:
    script = Script()
    who = script.process(100)
    paths = (script.path("/tmp/x", mode="0100755"),)
    who.call("execve", exit=-13, paths=paths, records=(measured(who, "/tmp/x", ONE),))
    facts = script.facts()
    assert hashes(facts) == {"/tmp/x": [(ONE, 1)]}
    assert facts.flows == set()


def test_alone_it_is_of_the_file_that_is_at_the_path_now() -> None:
    """Without any audit rule for the call, the record stands alone in its event."""
    script = Script()
    who = script.process(100)
    who.creates("/tmp/x")
    script.message(*measured(who, "/tmp/x", ONE))
    who.renames("/tmp/x", "/tmp/y")
    script.message(*measured(who, "/tmp/y", TWO))
    who.creates("/tmp/x", fd=4)
    script.message(*measured(who, "/tmp/x", THREE))
    assert hashes(script.facts()) == {"/tmp/x": [(ONE, 2), (TWO, 4)], "/tmp/x (2)": [(THREE, 6)]}


def test_a_file_that_nothing_else_names_is_known_by_its_path() -> None:
    script = Script()
    who = script.process(100)
    script.message(*measured(who, "/usr/lib/libc.so.6", ONE))
    script.message(*measured(who, "/usr/lib/libc.so.6", ONE))
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
def test_what_is_no_hash_is_told_as_it_stands(hash: str) -> None:
    script = Script()
    script.message(*measured(script.process(100), "/tmp/x", hash))
    facts = script.facts()
    assert hashes(facts) == {}
    assert facts.notes[0].startswith("INTEGRITY_RULE ?:100: file=/tmp/x hash=")


def test_what_is_made_and_removed_again_and_again_is_not_remembered_for_that() -> None:
    script = Script()
    who = script.process(100)
    script.message(*measured(who, "/usr/lib/libc.so.6", ONE))
    for place in range(100):
        name = f"/tmp/{place}" if place % 2 else "/tmp/x"
        who.creates(name)
        who.unlinks(name)
    who.creates("/tmp/x")
    script.message(*measured(who, "/tmp/x", TWO))
    deriver = Deriver("web01")
    for event in script.parsed():
        deriver.push(event)
    named = deriver.host.named
    assert named is not None
    assert len(named) <= 4 and sum(map(len, named.values())) <= 4
    assert hashes(script.facts())["/tmp/x (51)"] == [(TWO, 203)]


def test_a_state_saved_anywhere_finds_the_same_files() -> None:
    script = Script()
    who = script.process(100)
    for round in range(3):
        who.creates("/tmp/x", fd=3 + round)
        script.message(*measured(who, "/tmp/x", ONE))
        who.renames("/tmp/x", f"/tmp/y{round}")
        script.message(*measured(who, f"/tmp/y{round}", TWO))
        script.message(*measured(who, "/tmp/x", THREE))
    events = script.parsed()
    whole = script.facts()
    for place in range(1, len(events)):
        deriver, batches = Deriver("web01"), list[Batch]()
        for number, event in enumerate(events):
            if number == place:
                batches.append(deriver.take())
                deriver, _ = checkpoint.load(checkpoint.save(deriver))
            deriver.push(event)
        parted = facts_of([*batches, deriver.take(), deriver.conclude()])
        assert hashes(parted) == hashes(whole)
