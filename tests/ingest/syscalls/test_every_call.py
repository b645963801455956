"""Every call of the table has a story, and the story's facts follow from its log."""

from __future__ import annotations

import pytest

from provenance.ingest.syscalls.table import TABLE
from tests.ingest.script import Script
from tests.ingest.syscalls import stories_files, stories_network, stories_process
from tests.ingest.syscalls.stories_process import Story

STORIES: dict[str, Story] = stories_process.STORIES | stories_files.STORIES | stories_network.STORIES

PROMISED = """
fork vfork clone clone3 execve execveat exit exit_group kill tgkill ptrace process_vm_readv process_vm_writev unshare setns
setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid chdir fchdir chroot pivot_root
open openat openat2 creat close close_range read pread64 readv preadv preadv2 write pwrite64 writev pwritev pwritev2
sendfile copy_file_range splice tee vmsplice truncate ftruncate rename renameat renameat2 link linkat symlink symlinkat
unlink unlinkat rmdir mkdir mkdirat mknod mknodat chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat
setxattr lsetxattr fsetxattr mount memfd_create mmap mprotect io_uring_setup dup dup2 dup3 fcntl pipe pipe2 socketpair
shmat msgsnd msgrcv mq_open socket bind listen connect accept accept4 sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg
init_module finit_module delete_module bpf perf_event_open
"""
"""What the documentation says is followed."""

FOLLOWED = sorted(name for name, handler in TABLE.items() if handler is not None)
IGNORED = sorted(name for name, handler in TABLE.items() if handler is None)


def test_every_declared_call_is_handled() -> None:
    assert set(PROMISED.split()) <= set(FOLLOWED)


def test_every_followed_call_has_a_story() -> None:
    assert sorted(STORIES) == FOLLOWED


@pytest.mark.parametrize("name", FOLLOWED)
def test_the_facts_of(name: str) -> None:
    script = Script()
    expected = STORIES[name](script)
    facts = script.facts()
    assert facts.edges_and_notes == expected
    assert not any(what.startswith("unhandled") for what in facts.tallies)


@pytest.mark.parametrize("name", FOLLOWED)
def test_reduction_keeps_every_edge_of(name: str) -> None:
    script = Script()
    expected = STORIES[name](script)
    assert script.facts(reduce=False).edges_and_notes == expected


@pytest.mark.parametrize("name", IGNORED)
def test_a_call_that_moves_nothing_is_not_a_gap(name: str) -> None:
    script = Script()
    script.process(100).call(name, 0)
    facts = script.facts()
    assert (facts.edges_and_notes, facts.tallies) == (set(), {"events": 1})


def test_an_unhandled_call_is_counted() -> None:
    script = Script()
    sh = script.process(100)
    sh.call("landlock_create_ruleset")
    sh.call("landlock_create_ruleset", exit=-1)
    sh.call(9999)
    facts = script.facts()
    assert facts.tallies == {"events": 3, "unhandled:landlock_create_ruleset": 2, "unhandled:c000003e/9999": 1}
