"""Names of accounts whose records have numbers: records of logins and account tools state both."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provenance.ingest import checkpoint
from provenance.ingest.deriver import Deriver
from tests.ingest.reading import Facts, facts_of
from tests.ingest.script import UNSET, Actor, Script, derive, parse

SSHD = 500
SUCCESS, FAILED = "success", "failed"


def pam(
    script: Script,
    type: str,
    acct: str,
    auid: int = 1000,
    res: str = SUCCESS,
    pid: int = SSHD,
    uid: int = 0,
    exe: str = "/usr/sbin/sshd",
    ses: int = 3,
    given: str = "",
) -> None:
    ses = UNSET if auid == UNSET else ses
    script.message(
        type,
        f'pid={pid} uid={uid} auid={auid} ses={ses} msg=\'op=PAM:x {given}acct="{acct}" exe="{exe}" '
        f"hostname=198.51.100.7 addr=198.51.100.7 terminal=ssh res={res}'",
    )


def logs_in(script: Script, auid: int = 1000, pid: int = SSHD, ses: int = 3) -> None:
    script.message("LOGIN", f"pid={pid} uid=0 old-auid={UNSET} auid={auid} old-ses={UNSET} ses={ses} res=1")


def shell(script: Script, pid: int = 510, uid: int = 1000, ses: int = 3) -> Actor:
    actor = script.process(pid, SSHD, comm="bash", uid=uid, auid=1000, ses=ses)
    actor.execs("/bin/bash")
    return actor


def user(facts: Facts, label: str = "bash:510") -> object:
    return facts.node(label).attributes.get("user")


@pytest.mark.parametrize("type", ["USER_START", "USER_LOGIN", "CRED_ACQ"])
def test_the_program_that_began_a_session_names_its_account(type: str) -> None:
    script = Script()
    logs_in(script)
    pam(script, type, "kim")
    actor = shell(script)
    other = replace(actor, pid=520, uid=1001)
    other.execs("/bin/bash")
    facts = script.facts()
    assert user(facts) == "kim"
    assert user(facts, "bash:520") is None


def test_processes_that_run_already_get_the_name() -> None:
    script = Script()
    logs_in(script)
    shell(script)
    pam(script, "USER_START", "kim")
    assert user(script.facts()) == "kim"


def test_an_account_that_a_process_had_before_gets_the_name() -> None:
    script = Script()
    logs_in(script)
    actor = shell(script)
    actor.uid = 0
    actor.opens("/etc/shadow")
    pam(script, "USER_START", "kim")
    attributes = script.facts().node("bash:510").attributes
    assert [text.split(" ")[1:] for text in attributes["accounts"]] == [
        ["1000", "1000", "1000", "kim"],
        ["0", "0", "1000", "-"],
    ]


@pytest.mark.parametrize("type", ["USER_START", "USER_LOGIN", "USER_AUTH", "CRED_ACQ", "ADD_USER"])
@pytest.mark.parametrize("res", [FAILED, "no", "0"])
def test_a_failure_names_nobody(type: str, res: str) -> None:
    """Who tries to log in chooses the name."""
    script = Script()
    logs_in(script)
    pam(script, type, "root", res=res, given="id=1000 ")
    shell(script)
    assert user(script.facts()) is None


def test_what_comes_before_the_login_uid_names_nobody() -> None:
    """sshd is root then, and belongs to no session."""
    script = Script()
    for type in ("USER_AUTH", "CRED_ACQ", "USER_ACCT"):
        pam(script, type, "kim", auid=UNSET)
    root = script.process(510, 1, comm="bash", uid=0)
    root.execs("/bin/bash")
    assert user(script.facts()) is None


def test_sudo_names_the_account_that_is_changed_to() -> None:
    """It is another process of the session, or later the same one, which then has a name already."""
    script = Script()
    logs_in(script)
    pam(script, "USER_START", "root", pid=505, uid=1000, exe="/usr/bin/sudo")
    shell(script)
    assert user(script.facts()) is None
    pam(script, "USER_START", "kim")
    pam(script, "USER_START", "root", exe="/usr/bin/sudo")
    assert user(script.facts()) == "kim"


def test_a_record_of_another_session_or_account_names_nobody() -> None:
    script = Script()
    logs_in(script)
    pam(script, "USER_START", "kim", ses=4)
    pam(script, "USER_START", "kim", auid=1002)
    shell(script)
    assert user(script.facts()) is None


def test_a_tool_that_adds_an_account_names_it_and_renames_it() -> None:
    script = Script()
    for number, name in enumerate(("kim", "lee")):
        pam(script, "ADD_USER", name, auid=0, pid=400, exe="/usr/sbin/useradd", given="id=1000 ")
        shell(script, 510 + number)
    facts = script.facts()
    assert (user(facts), user(facts, "bash:511")) == ("kim", "lee")


def test_the_name_that_a_record_has_comes_first() -> None:
    """An enriched log."""
    script = Script()
    logs_in(script)
    pam(script, "USER_START", "kim")
    shell(script)
    log = script.text().replace(b'exe="/bin/bash" key=(null)', b'exe="/bin/bash" key=(null)\x1dUID="kim2"')
    assert user(derive(parse(log))) == "kim2"


def test_names_survive_a_checkpoint() -> None:
    script = Script()
    logs_in(script)
    pam(script, "USER_START", "kim")
    shell(script)
    deriver, batches = Deriver("web01"), []
    for event in script.parsed():
        deriver.push(event)
        batches.append(deriver.take())
        deriver = checkpoint.load(checkpoint.save(deriver))[0]
    batches.append(deriver.conclude())
    assert user(facts_of(batches)) == "kim"


def test_of_thousands_of_accounts_the_latest_are_remembered() -> None:
    script = Script()
    for uid in (*range(2000, 2000 + 4097), 2000 + 4096):
        pam(script, "ADD_USER", f"u{uid}", given=f"id={uid} ")
    script.process(510, 1, comm="bash", uid=2000).execs("/bin/bash")
    script.process(511, 1, comm="bash", uid=2000 + 4096).execs("/bin/bash")
    facts = script.facts()
    assert (user(facts), user(facts, "bash:511")) == (None, "u6096")
