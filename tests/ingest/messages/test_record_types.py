"""Every record type that a current kernel or the audit daemon writes is read, or counted by its name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provenance.ingest.messages.table import MESSAGES, WITH_A_CALL
from provenance.ingest.pyauparse.values.record_types import is_record_type, record_type
from provenance.ingest.pyauparse.values.saddr import parse_saddr
from tests.ingest.script import Script

KERNEL = """
1006 LOGIN
1300 SYSCALL - PATH IPC SOCKETCALL CONFIG_CHANGE SOCKADDR CWD - EXECVE - IPC_SET_PERM MQ_OPEN MQ_SENDRECV MQ_NOTIFY
1315 MQ_GETSETATTR KERNEL_OTHER FD_PAIR OBJ_PID TTY EOE BPRM_FCAPS CAPSET MMAP NETFILTER_PKT NETFILTER_CFG SECCOMP
1327 PROCTITLE FEATURE_CHANGE REPLACE KERN_MODULE FANOTIFY TIME_INJOFFSET TIME_ADJNTPVAL BPF EVENT_LISTENER URINGOP
1337 OPENAT2 DM_CTRL DM_EVENT
1400 AVC SELINUX_ERR AVC_PATH MAC_POLICY_LOAD MAC_STATUS MAC_CONFIG_CHANGE MAC_UNLBL_ALLOW MAC_CIPSOV4_ADD
1408 MAC_CIPSOV4_DEL MAC_MAP_ADD MAC_MAP_DEL MAC_IPSEC_ADDSA MAC_IPSEC_DELSA MAC_IPSEC_ADDSPD MAC_IPSEC_DELSPD
1415 MAC_IPSEC_EVENT MAC_UNLBL_STCADD MAC_UNLBL_STCDEL MAC_CALIPSO_ADD MAC_CALIPSO_DEL IPE_ACCESS IPE_CONFIG_CHANGE
1422 IPE_POLICY_LOAD LANDLOCK_ACCESS LANDLOCK_DOMAIN MAC_TASK_CONTEXTS MAC_OBJ_CONTEXTS BPF_LSM_ACCESS
1700 ANOM_PROMISCUOUS ANOM_ABEND ANOM_LINK ANOM_CREAT
1800 INTEGRITY_DATA INTEGRITY_METADATA INTEGRITY_STATUS INTEGRITY_HASH INTEGRITY_PCR INTEGRITY_RULE
1806 INTEGRITY_EVM_XATTR INTEGRITY_POLICY_RULE INTEGRITY_USERSPACE
2000 KERNEL
"""
"""What the kernel writes, by include/uapi/linux/audit.h of 6.18: the number of the first type of a line, then names in the order
of their numbers. 1301, 1308 and 1310 are unused."""
USER_SPACE = """
1100 USER_AUTH USER_ACCT USER_MGMT CRED_ACQ CRED_DISP USER_START USER_END USER_AVC USER_CHAUTHTOK USER_ERR CRED_REFR
1111 USYS_CONFIG USER_LOGIN USER_LOGOUT ADD_USER DEL_USER ADD_GROUP DEL_GROUP DAC_CHECK CHGRP_ID TEST TRUSTED_APP
1122 USER_SELINUX_ERR USER_CMD USER_TTY CHUSER_ID GRP_AUTH SYSTEM_BOOT SYSTEM_SHUTDOWN SYSTEM_RUNLEVEL SERVICE_START
1131 SERVICE_STOP GRP_MGMT GRP_CHAUTHTOK MAC_CHECK ACCT_LOCK ACCT_UNLOCK USER_DEVICE SOFTWARE_UPDATE
1200 DAEMON_START DAEMON_END DAEMON_ABORT DAEMON_CONFIG DAEMON_RECONFIG DAEMON_ROTATE DAEMON_RESUME DAEMON_ACCEPT
1208 DAEMON_CLOSE DAEMON_ERR
1500 APPARMOR APPARMOR_AUDIT APPARMOR_ALLOWED APPARMOR_DENIED APPARMOR_HINT APPARMOR_STATUS APPARMOR_ERROR APPARMOR_KILL
2100 ANOM_LOGIN_FAILURES ANOM_LOGIN_TIME ANOM_LOGIN_SESSIONS ANOM_LOGIN_ACCT ANOM_LOGIN_LOCATION ANOM_MAX_DAC ANOM_MAX_MAC
2107 ANOM_AMTU_FAIL ANOM_RBAC_FAIL ANOM_RBAC_INTEGRITY_FAIL ANOM_CRYPTO_FAIL ANOM_ACCESS_FS ANOM_EXEC ANOM_MK_EXEC
2114 ANOM_ADD_ACCT ANOM_DEL_ACCT ANOM_MOD_ACCT ANOM_ROOT_TRANS ANOM_LOGIN_SERVICE ANOM_LOGIN_ROOT ANOM_ORIGIN_FAILURES
2121 ANOM_SESSION
2200 RESP_ANOMALY RESP_ALERT RESP_KILL_PROC RESP_TERM_ACCESS RESP_ACCT_REMOTE RESP_ACCT_LOCK_TIMED RESP_ACCT_UNLOCK_TIMED
2207 RESP_ACCT_LOCK RESP_TERM_LOCK RESP_SEBOOL RESP_EXEC RESP_SINGLE RESP_HALT RESP_ORIGIN_BLOCK RESP_ORIGIN_BLOCK_TIMED
2215 RESP_ORIGIN_UNBLOCK_TIMED
2300 USER_ROLE_CHANGE ROLE_ASSIGN ROLE_REMOVE LABEL_OVERRIDE LABEL_LEVEL_CHANGE USER_LABELED_EXPORT USER_UNLABELED_EXPORT
2307 DEV_ALLOC DEV_DEALLOC FS_RELABEL USER_MAC_POLICY_LOAD ROLE_MODIFY USER_MAC_CONFIG_CHANGE USER_MAC_STATUS
2400 CRYPTO_TEST_USER CRYPTO_PARAM_CHANGE_USER CRYPTO_LOGIN CRYPTO_LOGOUT CRYPTO_KEY_USER CRYPTO_FAILURE_USER
2406 CRYPTO_REPLAY_USER CRYPTO_SESSION CRYPTO_IKE_SA CRYPTO_IPSEC_SA
2500 VIRT_CONTROL VIRT_RESOURCE VIRT_MACHINE_ID VIRT_INTEGRITY_CHECK VIRT_CREATE VIRT_DESTROY VIRT_MIGRATE_IN VIRT_MIGRATE_OUT
"""
"""What programs and auditd write, by lib/audit-records.h of audit 4.1; those of AppArmor are the kernel's."""
COUNTED_OF_USER_SPACE = """
DAC_CHECK TEST TRUSTED_APP MAC_CHECK DAEMON_RECONFIG APPARMOR_HINT RESP_ANOMALY RESP_ALERT RESP_KILL_PROC RESP_TERM_ACCESS
RESP_ACCT_REMOTE RESP_ACCT_LOCK_TIMED RESP_ACCT_UNLOCK_TIMED RESP_ACCT_LOCK RESP_TERM_LOCK RESP_SEBOOL RESP_EXEC RESP_SINGLE
RESP_HALT RESP_ORIGIN_BLOCK RESP_ORIGIN_BLOCK_TIMED RESP_ORIGIN_UNBLOCK_TIMED LABEL_OVERRIDE LABEL_LEVEL_CHANGE
USER_LABELED_EXPORT USER_UNLABELED_EXPORT DEV_ALLOC DEV_DEALLOC FS_RELABEL CRYPTO_TEST_USER CRYPTO_PARAM_CHANGE_USER
VIRT_CONTROL VIRT_RESOURCE VIRT_MACHINE_ID VIRT_INTEGRITY_CHECK VIRT_CREATE VIRT_DESTROY VIRT_MIGRATE_IN VIRT_MIGRATE_OUT
"""
"""Types that nothing reads: tests of a system, answers of an intrusion detector, labelled exports, guests of libvirt."""

WITHOUT_A_NOTE = {"LOGIN", "DAEMON_START", "DAEMON_END", "DAEMON_ABORT", "DAEMON_ERR", "DAEMON_CONFIG", "KERNEL"}
"""Types whose rule does something else than note the record: a session, blind intervals."""


def _numbered(table: str) -> dict[int, str]:
    return {
        number: name
        for first, *names in map(str.split, table.strip().splitlines())
        for number, name in enumerate(names, int(first))
        if name != "-"
    }


TYPES = _numbered(KERNEL)
COUNTED = """
KERNEL_OTHER NETFILTER_PKT REPLACE DM_EVENT MAC_UNLBL_ALLOW MAC_CIPSOV4_ADD MAC_CIPSOV4_DEL MAC_MAP_ADD MAC_MAP_DEL
MAC_IPSEC_ADDSA MAC_IPSEC_DELSA MAC_IPSEC_ADDSPD MAC_IPSEC_DELSPD MAC_IPSEC_EVENT MAC_UNLBL_STCADD MAC_UNLBL_STCDEL
MAC_CALIPSO_ADD MAC_CALIPSO_DEL
"""
"""Types that nothing reads: settings of labels in the network, and packets."""


@pytest.mark.parametrize("number", TYPES | _numbered(USER_SPACE))
def test_a_type_is_read_or_counted_by_its_name(number: int) -> None:
    name = (TYPES | _numbered(USER_SPACE))[number]
    assert record_type(f"UNKNOWN[{number}]") == record_type(str(number)) == name
    assert is_record_type(name)
    script = Script()
    script.process(100).reads(3)
    script.message(name, "pid=100 uid=0 auid=1000 ses=3 op=x res=1")
    tallies = script.facts().tallies
    read = name in MESSAGES or name in WITH_A_CALL or name == "URINGOP"
    assert read == (name not in (*COUNTED.split(), *COUNTED_OF_USER_SPACE.split()))
    assert tallies.get(f"unread:{name}") == (None if read else 1)


def test_a_type_of_the_kernel_that_this_machine_knows_is_on_the_list() -> None:
    header = Path("/usr/include/linux/audit.h")
    if not header.exists():
        pytest.skip("this machine has no linux/audit.h")
    found = {
        int(number): name
        for name, number in re.findall(
            r"^#define AUDIT_(\w+)\s+(1[3-9]\d\d|2000)\b", header.read_text("utf-8"), re.MULTILINE
        )
        if not name.startswith(("FIRST_", "LAST_"))
    }
    assert {number: name for number, name in TYPES.items() if number in found} == found


def test_no_type_is_silent_in_a_log_with_one_record_of_each() -> None:
    """Each by the number that an auditd writes that knows none of them."""
    script = Script()
    script.process(100).reads(3)
    every = TYPES | _numbered(USER_SPACE)
    for number in every:
        script.message(f"UNKNOWN[{number}]", "pid=100 uid=0 auid=1000 ses=3 op=x res=1")
    facts = script.facts()
    counted = {name.removeprefix("unread:") for name in facts.tallies if name.startswith("unread:")}
    assert counted == {*COUNTED.split(), *COUNTED_OF_USER_SPACE.split()}
    noted = {note.partition(" ")[0] for note in facts.notes}
    assert {name for name in every.values() if name in MESSAGES} - noted == WITHOUT_A_NOTE


def test_types_that_no_table_knows_are_counted_together() -> None:
    script = Script()
    script.process(100).reads(3)
    for name in ("UNKNOWN[1999]", "WHATEVER", "X_1"):
        script.message(name, "pid=100")
    assert script.facts().tallies["unread:other types"] == 3


@pytest.mark.parametrize(
    ("family", "name"), [(27, "ib"), (28, "mpls"), (43, "smc"), (44, "xdp"), (45, "mctp"), (250, "unknown(250)")]
)
def test_an_address_of_any_family_has_its_name(family: int, name: str) -> None:
    address = parse_saddr(f"{family:02X}00" + "00" * 14, "c000003e")
    assert address is not None and address.family == name
