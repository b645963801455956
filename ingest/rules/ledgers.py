"""Ledgers of logins: files in which each login writes and reads its own entry, and no other's.

sshd seeks to the entry of its user in lastlog and reads that (OpenSSH loginrec.c, lastlog_openseek); pam_lastlog does the same.
Programs that begin a login look for their own terminal in utmp, by getutline (getutent(3)). So what one login wrote there is
not what the next one reads.
"""

from __future__ import annotations

from ..state.objects import Image
from .files import PathRecord

LEDGERS = frozenset(
    (
        *("/var/log/lastlog", "/var/log/wtmp", "/var/log/btmp", "/var/log/faillog", "/var/log/tallylog"),
        *("/run/utmp", "/var/run/utmp", "/var/lib/lastlog/lastlog2.db", "/var/lib/wtmpdb/wtmp.db"),
    )
)
"""lastlog(8), utmp(5), faillog(5), pam_tally2(8), pam_lastlog2(8), wtmpdb(8)."""
LOGIN_PROGRAMS = frozenset(
    (
        *("/usr/sbin/sshd", "/usr/lib/openssh/sshd-session", "/usr/libexec/openssh/sshd-session"),
        *("/usr/lib/ssh/sshd-session", "/usr/libexec/sshd-session", "/usr/sbin/dropbear", "/usr/sbin/in.telnetd"),
        *("/bin/login", "/usr/bin/login", "/sbin/agetty", "/usr/sbin/agetty", "/usr/sbin/vsftpd", "/usr/sbin/proftpd"),
        *("/bin/su", "/usr/bin/su", "/usr/bin/sudo", "/usr/sbin/cron", "/usr/sbin/crond", "/usr/sbin/atd"),
        *("/usr/lib/x86_64-linux-gnu/utempter/utempter", "/usr/libexec/utempter/utempter", "/usr/sbin/lightdm"),
        *("/usr/libexec/gdm-session-worker", "/usr/lib/gdm3/gdm-session-worker"),
    )
)
"""Where Debian, Fedora, SUSE and Arch install the programs that begin a login or a session, and those that log it."""
_ROOT = ("0", "root")


def reads_own_entry(image: Image, path: PathRecord) -> bool:
    """Whether a process that opens one of the `LEDGERS` runs a program that begins logins. Only root can make it look so: the
    program runs as root, outside a changed root folder, and the file is root's."""
    return image.exe in LOGIN_PROGRAMS and image.euid == 0 and not image.root and path.owner in _ROOT
