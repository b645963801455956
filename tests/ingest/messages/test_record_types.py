"""Every record type that a current kernel writes is read, or counted by its name."""

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
TYPES = {
    number: name
    for first, *names in map(str.split, KERNEL.strip().splitlines())
    for number, name in enumerate(names, int(first))
    if name != "-"
}
COUNTED = """
KERNEL_OTHER NETFILTER_PKT REPLACE DM_EVENT MAC_UNLBL_ALLOW MAC_CIPSOV4_ADD MAC_CIPSOV4_DEL MAC_MAP_ADD MAC_MAP_DEL
MAC_IPSEC_ADDSA MAC_IPSEC_DELSA MAC_IPSEC_ADDSPD MAC_IPSEC_DELSPD MAC_IPSEC_EVENT MAC_UNLBL_STCADD MAC_UNLBL_STCDEL
MAC_CALIPSO_ADD MAC_CALIPSO_DEL
"""
"""Types that nothing reads: settings of labels in the network, and packets."""


@pytest.mark.parametrize("number", TYPES)
def test_a_type_of_the_kernel_is_read_or_counted_by_its_name(number: int) -> None:
    name = TYPES[number]
    assert record_type(f"UNKNOWN[{number}]") == record_type(str(number)) == name
    assert is_record_type(name)
    script = Script()
    script.process(100).reads(3)
    script.message(name, "pid=100 uid=0 auid=1000 ses=3 op=x res=1")
    tallies = script.facts().tallies
    read = name in MESSAGES or name in WITH_A_CALL or name == "URINGOP"
    assert read == (name not in COUNTED.split())
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
