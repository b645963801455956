"""The one table of record types: which are read for themselves, and which with the system call of their event.

URINGOP is neither: it is a call without SYSCALL (`ingest.syscalls.uring`). Any other type is counted by its name, and
shown by `provenance stats`.
"""

from __future__ import annotations

from collections.abc import Callable

from ..pyauparse import Event, Record
from ..state.host import Host
from . import integrity, kernel, logins

Message = Callable[[Host, Event, Record, bytes], None]

MESSAGES: dict[str, Message] = {
    # sessions and accounts
    "LOGIN": logins.login,
    "USER_LOGIN": logins.session,
    "USER_START": logins.session,
    "USER_END": logins.closed,
    "USER_LOGOUT": logins.message,
    "USER_AUTH": logins.message,
    "USER_ACCT": logins.message,
    "USER_ERR": logins.message,
    "USER_CMD": logins.command,
    "USER_TTY": logins.message,
    "USER_CHAUTHTOK": logins.message,
    "USER_ROLE_CHANGE": logins.message,
    "USER_MGMT": logins.message,
    "CRED_ACQ": logins.message,
    "CRED_DISP": logins.message,
    "CRED_REFR": logins.message,
    "CRYPTO_SESSION": logins.message,
    "CRYPTO_KEY_USER": logins.message,
    "ADD_USER": logins.message,
    "DEL_USER": logins.message,
    "ADD_GROUP": logins.message,
    "DEL_GROUP": logins.message,
    "GRP_MGMT": logins.message,
    "GRP_CHAUTHTOK": logins.message,
    "ACCT_LOCK": logins.message,
    "ACCT_UNLOCK": logins.message,
    "CHUSER_ID": logins.message,
    "CHGRP_ID": logins.message,
    "GRP_AUTH": logins.message,
    "ROLE_ASSIGN": logins.message,
    "ROLE_REMOVE": logins.message,
    "ROLE_MODIFY": logins.message,
    "USER_DEVICE": logins.message,
    "CRYPTO_LOGIN": logins.message,
    "CRYPTO_LOGOUT": logins.message,
    "CRYPTO_FAILURE_USER": logins.message,
    "CRYPTO_REPLAY_USER": logins.message,
    "CRYPTO_IKE_SA": logins.message,
    "CRYPTO_IPSEC_SA": logins.message,
    "SOFTWARE_UPDATE": logins.message,
    "TTY": kernel.note,
    # services and the machine
    "SERVICE_START": kernel.service,
    "SERVICE_STOP": kernel.service,
    "SYSTEM_BOOT": logins.message,
    "SYSTEM_SHUTDOWN": logins.message,
    "SYSTEM_RUNLEVEL": logins.message,
    "USYS_CONFIG": logins.message,
    # denials and anomalies
    "AVC": kernel.note,
    "USER_AVC": kernel.note,
    "SECCOMP": kernel.note,
    "ANOM_ABEND": kernel.note,
    "ANOM_PROMISCUOUS": kernel.note,
    "ANOM_LINK": kernel.note,
    "ANOM_CREAT": kernel.note,
    "ANOM_LOGIN_FAILURES": kernel.note,
    "ANOM_LOGIN_TIME": kernel.note,
    "ANOM_LOGIN_SESSIONS": kernel.note,
    "ANOM_LOGIN_ACCT": kernel.note,
    "ANOM_LOGIN_LOCATION": kernel.note,
    "ANOM_ROOT_TRANS": kernel.note,
    "ANOM_EXEC": kernel.note,
    "ANOM_MOD_ACCT": kernel.note,
    "ANOM_ADD_ACCT": kernel.note,
    "ANOM_DEL_ACCT": kernel.note,
    "ANOM_RBAC_FAIL": kernel.note,
    "ANOM_CRYPTO_FAIL": kernel.note,
    "ANOM_ACCESS_FS": kernel.note,
    "ANOM_MK_EXEC": kernel.note,
    "ANOM_MAX_DAC": kernel.note,
    "ANOM_MAX_MAC": kernel.note,
    "ANOM_AMTU_FAIL": kernel.note,
    "ANOM_LOGIN_SERVICE": kernel.note,
    "ANOM_LOGIN_ROOT": kernel.note,
    "ANOM_ORIGIN_FAILURES": kernel.note,
    "ANOM_SESSION": kernel.note,
    "ANOM_RBAC_INTEGRITY_FAIL": kernel.note,
    "SELINUX_ERR": kernel.note,
    "USER_SELINUX_ERR": kernel.note,
    "APPARMOR": kernel.note,
    "APPARMOR_AUDIT": kernel.note,
    "APPARMOR_ALLOWED": kernel.note,
    "APPARMOR_DENIED": kernel.note,
    "APPARMOR_STATUS": kernel.note,
    "APPARMOR_ERROR": kernel.note,
    "APPARMOR_KILL": kernel.note,
    "IPE_ACCESS": kernel.note,
    "LANDLOCK_ACCESS": kernel.note,
    "LANDLOCK_DOMAIN": kernel.note,
    "BPF_LSM_ACCESS": kernel.note,
    "FANOTIFY": kernel.note,
    # what makes the kernel another one
    "MAC_POLICY_LOAD": kernel.note,
    "MAC_STATUS": kernel.note,
    "MAC_CONFIG_CHANGE": kernel.note,
    "USER_MAC_POLICY_LOAD": kernel.note,
    "USER_MAC_CONFIG_CHANGE": kernel.note,
    "USER_MAC_STATUS": kernel.note,
    "IPE_CONFIG_CHANGE": kernel.note,
    "IPE_POLICY_LOAD": kernel.note,
    "BPF": kernel.bpf,
    "DM_CTRL": kernel.note,
    "NETFILTER_CFG": kernel.note,
    # the integrity of files
    "INTEGRITY_RULE": integrity.measurement,
    "INTEGRITY_DATA": kernel.note,
    "INTEGRITY_METADATA": kernel.note,
    "INTEGRITY_STATUS": kernel.note,
    "INTEGRITY_HASH": kernel.note,
    "INTEGRITY_PCR": kernel.note,
    "INTEGRITY_EVM_XATTR": kernel.note,
    "INTEGRITY_POLICY_RULE": kernel.note,
    "INTEGRITY_USERSPACE": kernel.note,
    # the audit system
    "CONFIG_CHANGE": kernel.configuration,
    "FEATURE_CHANGE": kernel.note,
    "EVENT_LISTENER": kernel.note,
    "DAEMON_START": kernel.daemon_started,
    "DAEMON_END": kernel.daemon_ended,
    "DAEMON_ABORT": kernel.daemon_ended,
    "DAEMON_ERR": kernel.daemon_error,
    "DAEMON_CONFIG": kernel.daemon_error,
    "DAEMON_ROTATE": kernel.daemon_note,
    "DAEMON_RESUME": kernel.daemon_note,
    "DAEMON_ACCEPT": kernel.daemon_note,
    "DAEMON_CLOSE": kernel.daemon_note,
    "KERNEL": kernel.lost,
}

WITH_A_CALL = frozenset(
    (
        # the call, what it was about, and what its handler asks for (`ingest.syscalls`)
        *("SYSCALL", "CWD", "PATH", "EXECVE", "PROCTITLE", "SOCKADDR", "SOCKETCALL", "FD_PAIR", "MMAP"),
        *("OBJ_PID", "OPENAT2", "KERN_MODULE", "TIME_INJOFFSET"),
        # what moves nothing between nodes of the graph: rights, queues and semaphores without a name, the rate of a clock
        *("BPRM_FCAPS", "CAPSET", "IPC", "IPC_SET_PERM", "MQ_OPEN", "MQ_SENDRECV", "MQ_NOTIFY", "MQ_GETSETATTR"),
        *("TIME_ADJNTPVAL", "MAC_TASK_CONTEXTS", "MAC_OBJ_CONTEXTS", "AVC_PATH", "EOE"),
    )
)
"""Types that are read with the call of their event, or say nothing that the graph has a place for."""
