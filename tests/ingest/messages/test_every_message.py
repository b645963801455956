"""Facts of records that are not system calls. Bodies are as the kernel and its user space write them."""

from __future__ import annotations

import pytest

from provenance.ingest.messages.table import MESSAGES
from tests.ingest.script import Script

PROMISED = """
LOGIN USER_LOGIN USER_START USER_END USER_AUTH USER_CMD CRED_ACQ CRED_DISP CRED_REFR ADD_USER DEL_USER ADD_GROUP DEL_GROUP
SERVICE_START SERVICE_STOP TTY AVC SECCOMP ANOM_ABEND ANOM_PROMISCUOUS ANOM_LINK ANOM_ROOT_TRANS CONFIG_CHANGE
DAEMON_START DAEMON_END DAEMON_ABORT DAEMON_ERR DAEMON_CONFIG DAEMON_ROTATE DAEMON_RESUME SOFTWARE_UPDATE
"""
SENDER = "pid=100 uid=0 auid=1000 ses=3"
NOWHERE = "hostname=? addr=? terminal=?"
PAM = 'op=PAM:{} grantors=pam_unix acct="alice" exe="/usr/sbin/sshd" hostname={} addr={} terminal=ssh res={}'
OF_PAM = [
    "CRYPTO_SESSION",
    "CRYPTO_KEY_USER",
    "USER_END",
    "USER_LOGOUT",
    "USER_AUTH",
    "USER_ACCT",
    "USER_ERR",
    "USER_CHAUTHTOK",
    "CRED_ACQ",
    "CRED_DISP",
    "CRED_REFR",
    "CRYPTO_LOGIN",
    "CRYPTO_LOGOUT",
    "CRYPTO_FAILURE_USER",
    "CRYPTO_REPLAY_USER",
    "CRYPTO_IKE_SA",
    "CRYPTO_IPSEC_SA",
    "GRP_AUTH",
    "SYSTEM_RUNLEVEL",
    "USER_DEVICE",
]
OF_ACCOUNTS = [
    "ADD_USER",
    "DEL_USER",
    "ADD_GROUP",
    "DEL_GROUP",
    "USER_MGMT",
    "GRP_MGMT",
    "GRP_CHAUTHTOK",
    "ACCT_LOCK",
    "ACCT_UNLOCK",
    "CHUSER_ID",
    "CHGRP_ID",
    "USER_ROLE_CHANGE",
    "ROLE_ASSIGN",
    "ROLE_REMOVE",
    "ROLE_MODIFY",
]

OF_DAEMON = ["DAEMON_ROTATE", "DAEMON_RESUME", "DAEMON_ACCEPT", "DAEMON_CLOSE"]
OF_INTEGRITY = ["INTEGRITY_METADATA", "INTEGRITY_STATUS", "INTEGRITY_HASH", "INTEGRITY_PCR", "INTEGRITY_EVM_XATTR"]
OF_SECURITY = [
    "SELINUX_ERR",
    "APPARMOR",
    "APPARMOR_AUDIT",
    "APPARMOR_ALLOWED",
    "APPARMOR_DENIED",
    "APPARMOR_STATUS",
    "USER_SELINUX_ERR",
    "USER_MAC_POLICY_LOAD",
    "USER_MAC_CONFIG_CHANGE",
    "USER_MAC_STATUS",
    "APPARMOR_ERROR",
    "APPARMOR_KILL",
    "IPE_ACCESS",
    "LANDLOCK_ACCESS",
    "LANDLOCK_DOMAIN",
    "BPF_LSM_ACCESS",
    "FANOTIFY",
    "MAC_POLICY_LOAD",
    "MAC_STATUS",
    "MAC_CONFIG_CHANGE",
    "IPE_CONFIG_CHANGE",
    "IPE_POLICY_LOAD",
    "BPF",
    "DM_CTRL",
    "INTEGRITY_USERSPACE",
    "FEATURE_CHANGE",
    "EVENT_LISTENER",
]
ANOMALIES = sorted(name for name in MESSAGES if name.startswith("ANOM_"))


def script_with(*messages: tuple[str, str]) -> Script:
    """A log of a known process with pid 100 and the messages."""
    script = Script()
    script.process(100, comm="sshd").opens("/a")
    for type, body in messages:
        script.message(type, body)
    return script


def sent(message: str, sender: str = SENDER) -> str:
    """The body of a record that a program of user space sends."""
    return f"{sender} msg='{message}'"


def notes(*messages: tuple[str, str]) -> list[str]:
    return script_with(*messages).facts().notes


def test_every_declared_type_is_read() -> None:
    assert set(PROMISED.split()) <= set(MESSAGES)


@pytest.mark.parametrize("type", OF_PAM)
def test_pam_is_noted_on_its_sender(type: str) -> None:
    (note,) = notes((type, sent(PAM.format("x", "?", "192.0.2.9", "success"))))
    assert note.startswith(f"{type} sshd:100: op=PAM:x")
    assert "acct=alice" in note and "addr=192.0.2.9" in note and "res=success" in note
    assert "hostname" not in note, "a question mark says nothing"


@pytest.mark.parametrize("type", OF_ACCOUNTS)
def test_accounts_are_noted(type: str) -> None:
    body = sent(f'op=add-user acct="eve" exe="/usr/sbin/useradd" {NOWHERE} res=success')
    assert notes((type, body)) == [f"{type} sshd:100: op=add-user acct=eve exe=/usr/sbin/useradd res=success"]


def test_commands_of_sudo_are_noted_decoded() -> None:
    body = sent('cwd="/home/alice" cmd=636174202F6574632F736861646F77 terminal=pts/0 res=success')
    assert notes(("USER_CMD", body)) == [
        "USER_CMD sshd:100: cwd=/home/alice cmd=cat /etc/shadow terminal=pts/0 res=success"
    ]


def test_software_is_noted() -> None:
    body = sent('op=install sw="x-1.0" sw_type=rpm root_dir="/" res=success')
    (note,) = notes(("SOFTWARE_UPDATE", body))
    assert note.startswith("SOFTWARE_UPDATE sshd:100: op=install sw=x-1.0")


@pytest.mark.parametrize(("type", "verb"), [("SERVICE_START", "starts"), ("SERVICE_STOP", "stops")])
def test_services(type: str, verb: str) -> None:
    message = f'unit=cron comm="systemd" exe="/lib/systemd/systemd" {NOWHERE} res=success'
    body = sent(message, "pid=1 uid=0 auid=4294967295 ses=4294967295")
    assert notes((type, body)) == [f"{type} -: {verb} cron: success"]


@pytest.mark.parametrize("type", ["SYSTEM_BOOT", "SYSTEM_SHUTDOWN", "USYS_CONFIG"])
def test_the_machine(type: str) -> None:
    body = sent(f' comm="systemd-update-utmp" exe="/x" {NOWHERE} res=success')
    (note,) = notes((type, body))
    assert note.startswith(f"{type} sshd:100: comm=systemd-update-utmp")


def test_keystrokes_are_noted_on_the_reading_process() -> None:
    body = 'tty pid=100 uid=0 auid=1000 ses=3 major=136 minor=1 comm="sshd" data=6C730D'
    (note,) = notes(("TTY", body))
    assert note.startswith("TTY sshd:100:") and "data=" in note


def test_keystrokes_of_user_space_are_noted() -> None:
    (note,) = notes(("USER_TTY", "pid=100 uid=0 auid=1000 ses=3 data=6C730D"))
    assert note.startswith("USER_TTY sshd:100: data=")


@pytest.mark.parametrize(
    ("type", "body"),
    [
        (
            "AVC",
            'avc:  denied  { read write } for  pid=100 comm="sshd" name="shadow" dev="sda1" ino=5 tclass=file permissive=0',
        ),
        (
            "AVC",
            'apparmor="DENIED" operation="open" profile="/usr/sbin/sshd" name="/etc/shadow" pid=100 comm="sshd" requested="r"',
        ),
        (
            "USER_AVC",
            "pid=100 uid=0 auid=1000 ses=3 msg='avc:  denied  { start } for auid=0 exe=\"/x\" hostname=? addr=? terminal=?'",
        ),
        (
            "SECCOMP",
            'auid=0 uid=0 gid=0 ses=1 pid=100 comm="sshd" exe="/x" sig=31 arch=c000003e syscall=59 compat=0 ip=0x7f code=0x0',
        ),
        (
            "INTEGRITY_DATA",
            'pid=100 uid=0 auid=1000 ses=3 subj=unconfined op=appraise_data cause=invalid-hash comm="sshd" name="/x" res=0',
        ),
        ("INTEGRITY_RULE", 'pid=100 action="audit" func="BPRM_CHECK" res=1'),
        ("INTEGRITY_POLICY_RULE", 'pid=100 action="audit" func="BPRM_CHECK" res=1'),
        *(
            (type, 'pid=100 uid=0 auid=1000 ses=3 op="x" cause="y" comm="sshd" res=0')
            for type in (*OF_INTEGRITY, *OF_SECURITY)
        ),
        ("NETFILTER_CFG", 'table=filter family=2 entries=4 op=xt_replace pid=100 comm="iptables"'),
        *((type, 'auid=0 uid=0 gid=0 ses=1 pid=100 comm="sshd" exe="/x" sig=11 res=1') for type in ANOMALIES),
    ],
)
def test_denials_and_anomalies_are_noted_on_their_process(type: str, body: str) -> None:
    (note,) = notes((type, body))
    assert note.startswith(f"{type} sshd:100: ")


def test_an_anomaly_without_a_process_is_noted() -> None:
    body = "dev=eth0 prom=256 old_prom=0 auid=0 uid=0 gid=0 ses=1"
    assert notes(("ANOM_PROMISCUOUS", body)) == ["ANOM_PROMISCUOUS -: dev=eth0 prom=256 old_prom=0"]


def test_a_denial_in_the_event_of_a_call() -> None:
    """AVC can come first in the event of a SYSCALL."""
    script = Script()
    sh = script.process(100)
    avc = ("AVC", 'avc:  denied  { open } for  pid=100 comm="sh" name="a" permissive=1')
    sh.call("openat", -100, 0, 0, exit=3, paths=(script.path("/a"),), records=(avc,))
    assert script.facts().edges_and_notes == {
        "/a -READ-> sh:100",
        "# AVC sh:100: seresult=denied seperms=open comm=sh name=a permissive=1",
    }


# Logins


LOGIN = "pid=100 uid=0 old-auid=4294967295 auid=1000 tty=(none) old-ses=4294967295 ses=3 res=1"
USER_LOGIN = 'op=login id=1000 exe="/usr/sbin/sshd" hostname={} addr={} terminal=/dev/pts/0 res={}'


def test_a_login_is_a_flow_from_session_to_process() -> None:
    facts = script_with(("LOGIN", LOGIN)).facts()
    assert facts.spans["session 3 of 1000 -LOGGED_IN-> sshd:100"] == [(2, 2)]
    found = facts.node("sshd:100").attributes
    assert (found["auid"], found["ses"]) == (1000, 3)


@pytest.mark.parametrize(
    "body",
    [
        "login pid=100 uid=0 old auid=4294967295 new auid=1000 old ses=4294967295 new ses=3",
        "pid=100 uid=0 old auid=4294967295 new auid=1000 old ses=4294967295 new ses=3 res=1",
        "pid=100 uid=0 subj=x old-auid=4294967295 auid=1000 old-ses=4294967295 ses=3 res=1",
    ],
)
def test_logins_in_the_words_of_older_kernels(body: str) -> None:
    assert "session 3 of 1000 -LOGGED_IN-> sshd:100" in script_with(("LOGIN", body)).facts().flows


def test_a_failed_login_is_no_session() -> None:
    assert script_with(("LOGIN", LOGIN.replace("res=1", "res=0"))).facts().flows == {"/a -READ-> sshd:100"}


def test_children_belong_to_the_session() -> None:
    script = script_with(("LOGIN", LOGIN))
    child = script.process(101, 100, auid=1000, ses=3)
    child.opens("/b")
    found = script.facts().node("sshd:101").attributes
    assert (found["auid"], found["ses"]) == (1000, 3)


def test_the_address_of_a_session_is_its_cause() -> None:
    """The report is written after the beginning of the session; the address is its cause."""
    facts = script_with(
        ("LOGIN", LOGIN), ("USER_LOGIN", sent(USER_LOGIN.format("?", "203.0.113.5", "success")))
    ).facts()
    assert facts.spans["login 203.0.113.5:0 -LOGGED_IN-> session 3 of 1000"] == [(2, 3)]
    found = facts.node("session 3 of 1000").attributes
    assert (found["address"], found["terminal"], found["service"]) == (
        "203.0.113.5",
        "/dev/pts/0",
        "/usr/sbin/sshd",
    )


def test_a_host_name_where_the_address_is_missing() -> None:
    facts = script_with(("USER_LOGIN", sent(USER_LOGIN.format("jump.example", "?", "success")))).facts()
    assert "login jump.example:0 -LOGGED_IN-> session 3 of 1000" in facts.flows


@pytest.mark.parametrize("hostname", ["?", "localhost", "0.0.0.0", "::"])
def test_a_login_without_an_address_has_no_origin(hostname: str) -> None:
    facts = script_with(("USER_LOGIN", sent(USER_LOGIN.format("?", hostname, "success")))).facts()
    assert facts.flows == {"/a -READ-> sshd:100"}


def test_a_login_that_failed_is_noted_and_no_session() -> None:
    facts = script_with(("USER_LOGIN", sent(USER_LOGIN.format("?", "203.0.113.5", "failed")))).facts()
    assert facts.flows == {"/a -READ-> sshd:100"}
    assert facts.notes[0].startswith("USER_LOGIN sshd:100:")


def test_a_session_that_pam_opens_has_its_user() -> None:
    facts = script_with(("USER_START", sent(PAM.format("session_open", "?", "192.0.2.9", "success")))).facts()
    assert facts.node("session 3 of 1000").attributes["user"] == "alice"
    assert facts.flows == {"/a -READ-> sshd:100"}


# The audit system of itself


def test_changed_rules_are_noted_and_blind() -> None:
    facts = script_with(("CONFIG_CHANGE", 'auid=0 ses=1 op=remove_rule key="file" list=4 res=1')).facts()
    assert facts.notes == ["CONFIG_CHANGE -: op=remove_rule key=file list=4 res=1"]
    assert facts.blind == [(2, 2, "the audit rules or settings changed (op=remove_rule key=file list=4 res=1)")]


DAEMON = "op=terminate auid=0 pid=77 uid=0 ses=1 res=success"


@pytest.mark.parametrize("end", ["DAEMON_END", "DAEMON_ABORT"])
def test_between_an_end_and_a_start_nothing_is_recorded(end: str) -> None:
    script = script_with((end, DAEMON))
    script.wait(60_000)
    script.message("DAEMON_START", "op=start ver=3.0.9 format=raw kernel=6.1 auid=0 pid=78 uid=0 ses=1 res=success")
    (blind,) = [blind for blind in script.facts().oracle.blinds.values() if blind.why == "auditd was not running"]
    assert (blind.last - blind.first) >> 20 == 60_004


def test_a_start_without_an_end_is_not_blind() -> None:
    assert script_with(("DAEMON_START", DAEMON)).facts().blind == []


@pytest.mark.parametrize("type", ["DAEMON_ERR", "DAEMON_CONFIG"])
def test_losses_reported_by_the_daemon_are_blind(type: str) -> None:
    (blind,) = script_with((type, DAEMON)).facts().oracle.blinds.values()
    assert blind.why == f"auditd reports {type}: op=terminate res=success"


@pytest.mark.parametrize("type", OF_DAEMON)
def test_messages_of_the_daemon_are_noted(type: str) -> None:
    facts = script_with((type, DAEMON)).facts()
    assert (facts.notes, facts.blind) == ([f"{type} -: op=terminate res=success"], [])


def test_records_that_the_kernel_lost_are_blind() -> None:
    facts = script_with(("KERNEL", "audit_lost=4 audit_rate_limit=0 audit_backlog_limit=64")).facts()
    assert [why for _, _, why in facts.blind] == ["the kernel lost 4 records"]
    assert script_with(("KERNEL", "initialized")).facts().blind == []


def test_every_type_is_tested() -> None:
    """What the tests above send, by type."""
    own = "LOGIN USER_LOGIN USER_START USER_CMD SOFTWARE_UPDATE SERVICE_START SERVICE_STOP TTY USER_TTY AVC USER_AVC SECCOMP"
    rest = "NETFILTER_CFG SYSTEM_BOOT SYSTEM_SHUTDOWN USYS_CONFIG CONFIG_CHANGE KERNEL"
    daemon = "DAEMON_START DAEMON_END DAEMON_ABORT DAEMON_ERR DAEMON_CONFIG"
    rest += " INTEGRITY_DATA INTEGRITY_RULE INTEGRITY_POLICY_RULE"
    grouped = (*OF_PAM, *OF_ACCOUNTS, *OF_DAEMON, *OF_INTEGRITY, *OF_SECURITY, *ANOMALIES)
    tested = {*grouped, *own.split(), *rest.split(), *daemon.split()}
    assert tested == set(MESSAGES)
