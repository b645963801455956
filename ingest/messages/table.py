"""The one table of record types that are read for themselves, beside the system call of their event."""

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
    "USER_END": logins.message,
    "USER_LOGOUT": logins.message,
    "USER_AUTH": logins.message,
    "USER_ACCT": logins.message,
    "USER_ERR": logins.message,
    "USER_CMD": logins.message,
    "USER_TTY": logins.message,
    "USER_CHAUTHTOK": logins.message,
    "USER_ROLE_CHANGE": logins.message,
    "USER_MGMT": logins.message,
    "CRED_ACQ": logins.message,
    "CRED_DISP": logins.message,
    "CRED_REFR": logins.message,
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
    "SOFTWARE_UPDATE": logins.message,
    "TTY": kernel.observed,
    # services and the machine
    "SERVICE_START": kernel.service,
    "SERVICE_STOP": kernel.service,
    "SYSTEM_BOOT": logins.message,
    "SYSTEM_SHUTDOWN": logins.message,
    "USYS_CONFIG": logins.message,
    # denials and anomalies
    "AVC": kernel.observed,
    "USER_AVC": kernel.observed,
    "SECCOMP": kernel.observed,
    "ANOM_ABEND": kernel.observed,
    "ANOM_PROMISCUOUS": kernel.observed,
    "ANOM_LINK": kernel.observed,
    "ANOM_CREAT": kernel.observed,
    "ANOM_LOGIN_FAILURES": kernel.observed,
    "ANOM_LOGIN_TIME": kernel.observed,
    "ANOM_LOGIN_SESSIONS": kernel.observed,
    "ANOM_LOGIN_ACCT": kernel.observed,
    "ANOM_LOGIN_LOCATION": kernel.observed,
    "ANOM_ROOT_TRANS": kernel.observed,
    "ANOM_EXEC": kernel.observed,
    "ANOM_MOD_ACCT": kernel.observed,
    "ANOM_ADD_ACCT": kernel.observed,
    "ANOM_DEL_ACCT": kernel.observed,
    "ANOM_RBAC_FAIL": kernel.observed,
    "ANOM_CRYPTO_FAIL": kernel.observed,
    "ANOM_ACCESS_FS": kernel.observed,
    "ANOM_MK_EXEC": kernel.observed,
    "ANOM_MAX_DAC": kernel.observed,
    "ANOM_MAX_MAC": kernel.observed,
    "ANOM_AMTU_FAIL": kernel.observed,
    "NETFILTER_CFG": kernel.observed,
    # the integrity of files
    "INTEGRITY_RULE": integrity.measured,
    "INTEGRITY_DATA": kernel.observed,
    "INTEGRITY_METADATA": kernel.observed,
    "INTEGRITY_STATUS": kernel.observed,
    "INTEGRITY_HASH": kernel.observed,
    "INTEGRITY_PCR": kernel.observed,
    "INTEGRITY_EVM_XATTR": kernel.observed,
    "INTEGRITY_POLICY_RULE": kernel.observed,
    # the audit system
    "CONFIG_CHANGE": kernel.configuration,
    "DAEMON_START": kernel.daemon_started,
    "DAEMON_END": kernel.daemon_ended,
    "DAEMON_ABORT": kernel.daemon_ended,
    "DAEMON_ERR": kernel.daemon_error,
    "DAEMON_CONFIG": kernel.daemon_error,
    "DAEMON_ROTATE": kernel.daemon_said,
    "DAEMON_RESUME": kernel.daemon_said,
    "DAEMON_ACCEPT": kernel.daemon_said,
    "DAEMON_CLOSE": kernel.daemon_said,
    "KERNEL": kernel.lost,
}
